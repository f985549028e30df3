import type { RememberedChoices } from '../../src/domain/choices.js';
import { historyOf, membershipsOf } from '../../src/domain/memberships.js';
import type { User } from '../../src/domain/user.js';
import { connect } from './play.js';

/** Returns the choices that a client receives on this session and sends with its next one. */
export function rememberedBy(user: User, sessionId: string): RememberedChoices {
  const { status, microphone, speaker, channel } = user.choiceVersions;
  return {
    status:
      status === undefined
        ? undefined
        : {
            version: status,
            choice: user.choice,
            statusText: user.statusText,
            expiresAt: user.choiceExpiresAt,
          },
    microphone:
      microphone === undefined
        ? undefined
        : { version: microphone, isMuted: user.isMicrophoneMuted },
    speaker: speaker === undefined ? undefined : { version: speaker, isMuted: user.isSpeakerMuted },
    channel:
      channel === undefined
        ? undefined
        : {
            version: channel,
            clearedVersion: historyOf(user).clearedAt,
            channels: membershipsOf(user).map(({ channelId, sessionId: holder, joinedAt }) => ({
              channelId,
              isHeld: holder === sessionId,
              joinedVersion: joinedAt,
            })),
          },
  };
}

/** A session that names the one before it, with the choices that its client remembers. */
export const returning = (
  sessionId: string,
  previousSessionId: string,
  remembered: RememberedChoices | undefined,
) => connect(sessionId, { previousSessionId, remembered });
