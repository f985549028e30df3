// Opens one connection for each other node of a cluster, subscribes to all partitions, and discards the data.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Keys } from '../../../src/store/redis/keys.js';
import { KEY_PREFIX } from '../cluster.js';

const [port, count] = process.argv.slice(2).map(Number) as [number, number];
const channels = new Keys(KEY_PREFIX).partitions.map(({ channel }) => channel);

for (let i = 0; i < count; i++) {
  const socket = connect(port, '127.0.0.1');
  for (const channel of channels) socket.write(`SSUBSCRIBE ${channel}\r\n`);
  const [first] = (await once(socket, 'data')) as [Buffer];
  // An error of Redis, such as too many clients.
  if (first[0] === 0x2d) process.send!(String(first));
  socket.resume();
}
process.send!('subscribed');
