// A first call from Node:  node examples/first-call.mjs <token> [address]
// Connects, joins the lobby with the microphone muted, and stays online until it is stopped with Ctrl-C.
import { readArguments, serviceAt } from './service.mjs';

const { token, address } = readArguments();
const { sessions, presences, metadata } = serviceAt(address, token);

// The session lives as long as this stream. When the process ends, the user is OFFLINE.
const session = sessions.connect({ platform: 'desktop', isMicrophoneMuted: true }, metadata);
session.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
session.on('data', ({ body, sessionStarted }) => {
  if (body !== 'sessionStarted') return;
  const { sessionId } = sessionStarted.session;
  console.log('online as', sessionStarted.presence.userId);
  presences.joinChannel({ sessionId, channelId: 'lobby' }, metadata, (error, response) => {
    console.log('joined', error ? error.message : response.presence.currentChannelId);
  });
});
