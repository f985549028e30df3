// Showing who is typing, from Node:  node examples/typing.mjs <token> [address]
// Joins the lobby, types two messages but sends only the first, and shows who is typing until it is stopped with Ctrl-C.
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readArguments, serviceAt } from './service.mjs';

const CHANNEL = 'lobby';
/** How long others see that the user is typing after the last call. */
const EXPIRES_IN_SECONDS = 4;
/** The time between two calls while the user is typing. It must be shorter than the time above. */
const REPEAT_MS = 2000;

const { token, address } = readArguments();
const { sessions, presences, events, metadata } = serviceAt(address, token);
const joinChannel = promisify(presences.joinChannel.bind(presences));
const updateAttributes = promisify(presences.updateAttributes.bind(presences));

const session = sessions.connect({ platform: 'desktop' }, metadata);
session.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
const [{ sessionStarted }] = await once(session, 'data');
const { sessionId } = sessionStarted.session;
await joinChannel({ sessionId, channelId: CHANNEL, keepOthers: true }, metadata);

/** Calls the service for the first key, and then at most every two seconds. */
let calledAt = -Infinity;
async function keyPressed() {
  if (performance.now() - calledAt < REPEAT_MS) return;
  calledAt = performance.now();
  const expiresIn = { seconds: EXPIRES_IN_SECONDS };
  await updateAttributes({ sessionId, set: { typing: CHANNEL }, expiresIn }, metadata);
}

/** Without this call, the attribute would expire by itself. */
async function messageSent() {
  calledAt = -Infinity;
  await updateAttributes({ sessionId, remove: ['typing'] }, metadata);
}

/** Shows who begins to type in the channel, and who stops. */
async function watchTyping() {
  const typing = new Set();
  for await (const { snapshot, events: changes } of events.subscribe(
    { channelIds: [CHANNEL] },
    metadata,
  )) {
    for (const presence of snapshot) show(presence, 'before');
    for (const { presence, reason } of changes) show(presence, reason);
  }
  function show({ userId, channelIds, attributes }, reason) {
    const isTyping = channelIds.includes(CHANNEL) && attributes.typing === CHANNEL;
    if (isTyping === typing.has(userId)) return;
    if (isTyping) typing.add(userId);
    else typing.delete(userId);
    console.log(`${userId} ${isTyping ? 'is typing' : 'has stopped typing'} (${reason})`);
  }
}

async function type(text) {
  for (let key = 0; key < text.length; key++) {
    await keyPressed();
    await sleep(200);
  }
}

const watching = watchTyping();
await type('Hello everyone');
await messageSent();
await type('But then');
await watching;
