// Receives what Redis publishes for all partitions, on as many connections as a cluster has other nodes, and ignores it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Keys } from '../../../src/store/redis/keys.js';
import { KEY_PREFIX } from '../cluster.js';

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const channels = new Keys(KEY_PREFIX).partitions.map(({ channel }) => channel);

for (let i = 0; i < count; i++) {
  const socket = connect(port, '127.0.0.1');
  for (const channel of channels) socket.write(`SSUBSCRIBE ${channel}\r\n`);
  await once(socket, 'data');
  socket.resume();
}
process.send!('subscribed');
