// A first call from Node:  node examples/first-call.mjs <token> [address]
// Comes online, joins a channel, and watches everyone until it is stopped.
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const [token, address = 'localhost:50051'] = process.argv.slice(2);

const files = ['session', 'presence', 'events'].map((name) => `presence/v1/${name}_service.proto`);
const options = {
  includeDirs: ['proto'],
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
};
const { SessionService, PresenceService, EventsService } = loadPackageDefinition(
  loadSync(files, options),
).presence.v1;

const plaintext = credentials.createInsecure();
const sessions = new SessionService(address, plaintext);
const presences = new PresenceService(address, plaintext);
const events = new EventsService(address, plaintext);

const metadata = new Metadata();
metadata.set('authorization', `Bearer ${token}`);

// The session lives as long as this stream. End the process, and the user is OFFLINE.
const session = sessions.connect({ platform: 'desktop' }, metadata);
session.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
session.on('data', ({ body, sessionStarted }) => {
  if (body !== 'sessionStarted') return;
  const { sessionId } = sessionStarted.session;
  const request = { sessionId, channelId: 'lobby' };
  presences.joinChannel(request, metadata, (error, response) => {
    console.log('joined', error ?? response.presence.currentChannelId);
  });
});

events.subscribe({}, metadata).on('data', ({ snapshot, events: changes }) => {
  for (const presence of snapshot) console.log(presence.userId, 'is', presence.status);
  for (const { change, presence } of changes) console.log(presence.userId, change);
});
