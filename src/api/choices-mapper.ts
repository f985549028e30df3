import type { RememberedChoices } from '../domain/choices.js';
import type { Membership, StatusChoice as DomainStatusChoice, User } from '../domain/user.js';
import { historyOf, membershipsOf } from '../domain/memberships.js';
import {
  StatusChoice,
  type Choices,
  type ChosenChannel,
} from './generated/presence/v1/presence_service.pb.js';
import { fromTimestamp, timestampMessage } from './proto-mappers.js';

/** The enum value of each status choice in the contract. */
export const CHOICE_ON_WIRE: Readonly<Record<DomainStatusChoice, StatusChoice>> = {
  AUTOMATIC: StatusChoice.STATUS_CHOICE_AUTOMATIC,
  DO_NOT_DISTURB: StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB,
  AWAY: StatusChoice.STATUS_CHOICE_AWAY,
  INVISIBLE: StatusChoice.STATUS_CHOICE_INVISIBLE,
};

/** The status choice for each enum value. Only defined for values that validation accepted. */
export const CHOICE_OF = Object.fromEntries(
  Object.entries(CHOICE_ON_WIRE).map(([choice, onWire]) => [onWire, choice]),
) as Record<StatusChoice, DomainStatusChoice>;

/** The version that means that no command has left all channels. On the wire 0 means the version of the last command. */
const NEVER_CLEARED = 1;

/** Returns the choices of a user for the client of one of the user's sessions. They must not be sent to other users. */
export function choicesMessage(user: User, sessionId: string): Choices {
  const { status, microphone, speaker, channel } = user.choiceVersions;
  return {
    status:
      status === undefined
        ? undefined
        : {
            version: status,
            choice: CHOICE_ON_WIRE[user.choice],
            statusText: user.statusText,
            expiresAt: timestampMessage(user.choiceExpiresAt),
          },
    microphone: muteMessage(microphone, user.isMicrophoneMuted),
    speaker: muteMessage(speaker, user.isSpeakerMuted),
    channel:
      channel === undefined
        ? undefined
        : {
            version: channel,
            channels: channelMessages(user, sessionId),
            clearedVersion: historyOf(user).clearedAt || NEVER_CLEARED,
          },
  };
}

function muteMessage(version: number | undefined, isMuted: boolean): Choices['microphone'] {
  return version === undefined ? undefined : { version, isMuted };
}

/**
 * Returns each channel of the user once, the current one last. A session that succeeds another one also counts as the
 * holder of that session's channels, because it takes them over.
 */
function channelMessages(user: User, sessionId: string): ChosenChannel[] {
  const memberships = membershipsOf(user);
  if (memberships.length === 0) return [];
  const succeeds = user.sessions.find((each) => each.sessionId === sessionId)?.succeeds;
  const messageFor = (each: Membership, wasHeld: boolean): ChosenChannel => {
    const { channelId, sessionId: holder, joinedAt: joinedVersion } = each;
    const isHolder = holder === sessionId || (succeeds !== undefined && holder === succeeds);
    return { channelId, isHeld: isHolder || wasHeld, joinedVersion };
  };
  // Most users are in one channel, and every command of theirs returns it.
  if (memberships.length === 1) return [messageFor(memberships[0]!, false)];
  const channels = new Map<string, ChosenChannel>();
  for (const each of memberships) {
    const message = messageFor(each, channels.get(each.channelId)?.isHeld ?? false);
    channels.delete(each.channelId);
    channels.set(each.channelId, message);
  }
  return [...channels.values()];
}

/** Converts the choices that a client remembers. They must have passed validation. */
export function rememberedOf({ status, microphone, speaker, channel }: Choices): RememberedChoices {
  return {
    status: status && {
      version: status.version,
      choice: CHOICE_OF[status.choice],
      statusText: status.statusText,
      expiresAt: fromTimestamp(status.expiresAt),
    },
    microphone,
    speaker,
    channel: channel && {
      version: channel.version,
      clearedVersion: channel.clearedVersion || channel.version,
      channels: channel.channels.map(({ joinedVersion, ...each }) => ({
        ...each,
        joinedVersion: joinedVersion || undefined,
      })),
    },
  };
}
