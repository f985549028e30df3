import type { RememberedChoices } from '../domain/choices.js';
import type { StatusChoice as DomainStatusChoice, User } from '../domain/user.js';
import { StatusChoice, type Choices } from './generated/presence/v1/presence_service.pb.js';
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
        : { version: channel, channels: user.channel ? [channelMessage(user, sessionId)] : [] },
  };
}

function muteMessage(version: number | undefined, isMuted: boolean): Choices['microphone'] {
  return version === undefined ? undefined : { version, isMuted };
}

/**
 * A session that succeeds another one also counts as the holder of that session's channel, because it takes the channel
 * over.
 */
function channelMessage(user: User, sessionId: string) {
  const { channelId, sessionId: holder } = user.channel!;
  const session = user.sessions.find((each) => each.sessionId === sessionId);
  return { channelId, isHeld: holder === sessionId || holder === session?.succeeds };
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
      channelId: channel.channels[0]?.channelId,
      isHeld: channel.channels[0]?.isHeld ?? false,
    },
  };
}
