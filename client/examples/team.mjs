// A team in the lobby, from Node:  node client/examples/team.mjs <token> [url]
// Comes online, joins the lobby, and shows who is there and every change until it is stopped with Ctrl-C.
import { createGrpcTransport } from '@connectrpc/connect-node';
import { createPresenceClient } from '@presence-service/client';

const [token, url = 'http://localhost:50051'] = process.argv.slice(2);

const presence = createPresenceClient({
  transport: () => createGrpcTransport({ baseUrl: url }),
  token: () => token,
});

const session = presence.connect({ platform: 'desktop' });
session.state.subscribe(({ status }) => console.log(`I am ${status}`));
await session.joinChannel('lobby');

const lobby = presence.watch({ channels: ['lobby'] });
await lobby.ready;
for (const [userId, { status }] of lobby) console.log(`${userId} is here, ${status}`);
lobby.subscribe(({ userId, previous, current, reason }) => {
  if (previous === undefined) console.log(`${userId} came`);
  else if (current === undefined) console.log(`${userId} went: ${reason}`);
  else console.log(`${userId} is ${current.status}: ${reason}`);
});

process.once('SIGINT', () => presence.close());
