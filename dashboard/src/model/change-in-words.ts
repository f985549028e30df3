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
  return Object.values(FIELDS).flatMap((difference) => {
    const words = difference?.(previous, current);
    return words === undefined ? [] : [words];
  });
}

function arrival({ platforms, channelId }: User): string {
  const by = platforms.length === 0 ? '' : ` on ${platforms.join(', ')}`;
  return `came${by}${channelId === undefined ? '' : `, in ${channelId}`}`;
}

/** Describes the difference of one field. Undefined: there is none. */
type Difference = (previous: User, current: User) => ChangeInWords | undefined;

/**
 * The description of each field. Undefined: the field is not described. The compiler reports a field that is missing
 * here.
 */
const FIELDS: Readonly<Record<keyof Omit<User, 'userId' | 'version'>, Difference | undefined>> = {
  status: (previous, { status }) =>
    previous.status === status
      ? undefined
      : { topic: 'status', text: `is ${nameOf(status).toLowerCase()}` },
  statusText: (previous, { statusText }) =>
    previous.statusText === statusText
      ? undefined
      : {
          topic: 'status',
          text: statusText === '' ? 'took the text away' : `says \u201c${statusText}\u201d`,
        },
  channelId: (previous, { channelId }) =>
    previous.channelId === channelId
      ? undefined
      : {
          topic: 'channel',
          text: channelId === undefined ? `left ${previous.channelId}` : `joined ${channelId}`,
        },
  isMicrophoneMuted: ({ isMicrophoneMuted }, current) =>
    muteInWords('microphone', isMicrophoneMuted, current.isMicrophoneMuted),
  isSpeakerMuted: ({ isSpeakerMuted }, current) =>
    muteInWords('speaker', isSpeakerMuted, current.isSpeakerMuted),
  platforms: (previous, { platforms }) =>
    previous.platforms.join() === platforms.join()
      ? undefined
      : { topic: 'devices', text: `is on ${platforms.join(', ') || 'nothing'}` },
  connectedAt: undefined,
  lastActiveAt: undefined,
};

function muteInWords(what: string, before: boolean, now: boolean): ChangeInWords | undefined {
  if (before === now) return undefined;
  return { topic: 'mute', text: `${now ? 'muted' : 'unmuted'} the ${what}` };
}
