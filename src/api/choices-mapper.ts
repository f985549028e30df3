import type { RememberedChoices } from '../domain/choices.js';
import type { StatusChoice as DomainStatusChoice, User } from '../domain/user.js';
import { StatusChoice, type Choices } from './generated/presence/v1/presence_service.pb.js';
import { fromTimestamp, timestampMessage } from './proto-mappers.js';

/** How a status choice is spelled on the wire. */
export const CHOICE_ON_WIRE: Readonly<Record<DomainStatusChoice, StatusChoice>> = {
  AUTOMATIC: StatusChoice.STATUS_CHOICE_AUTOMATIC,
  DO_NOT_DISTURB: StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB,
  AWAY: StatusChoice.STATUS_CHOICE_AWAY,
  INVISIBLE: StatusChoice.STATUS_CHOICE_INVISIBLE,
};

/** For a choice that `requests.ts` has let through. */
export const CHOICE_OF = Object.fromEntries(
  Object.entries(CHOICE_ON_WIRE).map(([choice, onWire]) => [onWire, choice]),
) as Record<StatusChoice, DomainStatusChoice>;

/** What a user chose last, for the client of one of the user's sessions. Nobody else may see it. */
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

/** A session that has another to succeed holds what that one holds: it gets it in the end. */
function channelMessage(user: User, sessionId: string) {
  const { channelId, sessionId: holder } = user.channel!;
  const session = user.sessions.find((each) => each.sessionId === sessionId);
  return { channelId, isHeld: holder === sessionId || holder === session?.succeeds };
}

/** What a client remembers, once its rules have let it through. */
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
