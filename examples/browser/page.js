import { createConnectTransport } from '@connectrpc/connect-web';
import { createPresenceClient } from '@presence-service/client';
import { trackActivity } from '@presence-service/client/activity';

// A product gets the token from its own backend. Here the fragment of the address contains it.
const token = location.hash.slice(1);
const element = (id) => document.getElementById(id);

const presence = createPresenceClient({
  transport: createConnectTransport({ baseUrl: location.origin }),
  token: () => token,
});

// The user is online while the page is open.
const session = presence.connect({ platform: 'web' });
session.state.subscribe(({ status }) => (element('me').value = status));
trackActivity(session);
element('join').onclick = () => session.joinChannel('lobby');
element('mute').onclick = () => session.mute({ microphone: true });

// All users who are not offline, and every change.
const everyone = presence.watch();
everyone.subscribe((change) => {
  const news = document.createElement('li');
  news.textContent = inWords(change);
  element('news').append(news);
  element('people').replaceChildren(...[...everyone.values()].map(personOf));
});

function inWords({ userId, previous, current, reason }) {
  if (previous === undefined) return `${userId} came online`;
  if (current === undefined) return `${userId} went offline (${reason})`;
  if (previous.channelId !== current.channelId)
    return `${userId} is in ${current.channelId ?? 'no channel'}`;
  if (previous.isMicrophoneMuted !== current.isMicrophoneMuted)
    return `${userId} has ${current.isMicrophoneMuted ? 'muted' : 'opened'} the microphone`;
  return `${userId} is ${current.status} (${reason})`;
}

function personOf({ userId, status, channelId, isMicrophoneMuted }) {
  const person = document.createElement('li');
  const where = channelId === undefined ? '' : `, in ${channelId}`;
  person.textContent = `${userId}: ${status}${where}${isMicrophoneMuted ? ', muted' : ''}`;
  return person;
}
