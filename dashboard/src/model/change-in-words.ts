import { nameOf, type User, type UserChange } from './user.js';

/** The topic of a change, by which the feed can be filtered. */
export type Topic = 'came' | 'went' | 'status' | 'channel' | 'mute' | 'devices';

export interface ChangeInWords {
  readonly topic: Topic;
  readonly text: string;
}

const ENDS: Readonly<Partial<Record<string, string>>> = {
  'connection-lost': 'went: the connection was lost',
  'session-ended': 'went: the session was ended',
  'token-expired': 'went: the token has expired',
  'node-lost': 'went: the node was lost',
};

/** Describes a change, with one sentence for each difference. A new activity time alone is not described. */
export function changeInWords({ previous, current, reason }: UserChange): ChangeInWords[] {
  if (current === undefined) return [{ topic: 'went', text: ENDS[reason] ?? 'went' }];
  if (previous === undefined) return [{ topic: 'came', text: arrival(current) }];
  return [
    ...statusInWords(previous, current),
    ...channelInWords(previous, current),
    ...muteInWords('microphone', previous.isMicrophoneMuted, current.isMicrophoneMuted),
    ...muteInWords('speaker', previous.isSpeakerMuted, current.isSpeakerMuted),
    ...devicesInWords(previous, current),
  ];
}

function arrival({ platforms, channelId }: User): string {
  const by = platforms.length === 0 ? '' : ` on ${platforms.join(', ')}`;
  return `came${by}${channelId === undefined ? '' : `, in ${channelId}`}`;
}

function* statusInWords(previous: User, current: User): Generator<ChangeInWords> {
  if (previous.status !== current.status) {
    yield { topic: 'status', text: `is ${nameOf(current.status).toLowerCase()}` };
  }
  if (previous.statusText !== current.statusText) {
    const text =
      current.statusText === '' ? 'took the text away' : `says \u201c${current.statusText}\u201d`;
    yield { topic: 'status', text };
  }
}

function* channelInWords(previous: User, current: User): Generator<ChangeInWords> {
  if (previous.channelId === current.channelId) return;
  if (current.channelId === undefined) {
    yield { topic: 'channel', text: `left ${previous.channelId}` };
  } else {
    yield { topic: 'channel', text: `joined ${current.channelId}` };
  }
}

function* muteInWords(what: string, before: boolean, now: boolean): Generator<ChangeInWords> {
  if (before !== now) yield { topic: 'mute', text: `${now ? 'muted' : 'unmuted'} the ${what}` };
}

function* devicesInWords(previous: User, current: User): Generator<ChangeInWords> {
  if (previous.platforms.join() === current.platforms.join()) return;
  yield { topic: 'devices', text: `is on ${current.platforms.join(', ') || 'nothing'}` };
}
