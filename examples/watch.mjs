// Watching from Node:  node examples/watch.mjs <token> [address]
// Shows the current users and every change, until it is stopped with Ctrl-C. Resumes after a disconnect.
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { readArguments, serviceAt } from './service.mjs';

const { token, address } = readArguments();
const { events, metadata } = serviceAt(address, token);

let resumeToken = '';
for (;;) {
  try {
    for await (const message of events.subscribe({ resumeToken }, metadata)) show(message);
  } catch (error) {
    if (error.code === status.UNAUTHENTICATED) {
      console.error(`The service refuses the token: ${error.details}`);
      process.exit(1);
    }
    console.log(`(${error.details}; trying again)`);
    await sleep(1000);
  }
}

function show(message) {
  // The server no longer has the missed events: drop the state, a snapshot follows.
  if (message.sync === 'SYNC_RESET') console.log('(from the beginning)');
  for (const { userId, status } of message.snapshot) console.log(userId, 'is', wordOf(status));
  if (message.sync === 'SYNC_CURRENT') console.log('(end of the list)');
  for (const { change, presence } of message.events) console.log(inWords(change, presence));
  resumeToken = message.resumeToken || resumeToken;
}

function inWords(change, presence) {
  const { userId, status, currentChannelId, isMicrophoneMuted, isSpeakerMuted } = presence;
  switch (change) {
    case 'userOnline':
      return `${userId} is online`;
    case 'userOffline':
      return `${userId} is offline`;
    case 'userStatusChanged':
      return `${userId} is ${wordOf(status)} ${presence.statusText}`.trimEnd();
    case 'userChannelChanged':
      return `${userId} is in ${currentChannelId ?? 'no channel'}`;
    case 'userMuteStateChanged':
      return `${userId} has ${isMicrophoneMuted ? 'muted' : 'opened'} the microphone${isSpeakerMuted ? ' and the speaker' : ''}`;
    default:
      return `${userId} is on ${presence.platforms.join(' and ')}`;
  }
}

function wordOf(status) {
  return status.replace('PRESENCE_STATUS_', '');
}
