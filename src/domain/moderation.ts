import { chose } from './choice-versions.js';
import {
  haveTooManyBytes,
  leaveChannel,
  membershipsOf,
  setMemberships,
  TOO_MANY_BYTES,
  withoutDuplicates,
} from './memberships.js';
import { moderatorMute } from './moderator-mute.js';
import { channelIdsOf, type Presence } from './presence.js';
import { RejectedError } from './rejected-error.js';
import { copyUser, type User } from './user.js';
import type { Viewer } from './viewer.js';
import { shownTo } from './visibility.js';

/** The caller of a moderation command. */
export interface Moderator {
  readonly viewer: Viewer;
  /** Whether the caller moderates a channel. Undefined: the caller is an admin, who moderates all users. */
  readonly moderates: ((channelId: string) => boolean) | undefined;
}

/** A command of a moderator about a user. */
export type ModerationInput =
  | {
      readonly type: 'moderateMute';
      readonly moderator: Moderator;
      /** Undefined: unchanged. */
      readonly isMicrophoneMuted: boolean | undefined;
      readonly isSpeakerMuted: boolean | undefined;
    }
  | {
      readonly type: 'moveUser';
      readonly moderator: Moderator;
      readonly fromChannelId: string;
      readonly toChannelId: string;
    }
  | { readonly type: 'removeUser'; readonly moderator: Moderator; readonly channelId: string };

/**
 * Applies a command of a moderator. It is no activity of the user. Throws a `RejectedError` if the moderator cannot see
 * that the user is present, or in the channel: the error must not reveal an invisible user. Otherwise it throws one if
 * the moderator has no right to the command.
 */
export function moderate(user: User, input: ModerationInput, now: number): User {
  const { moderator } = input;
  const seen = seenBy(moderator, user);
  if (seen.status === 'OFFLINE') {
    throw new RejectedError('USER_NOT_PRESENT', 'the user is OFFLINE', 'user_id');
  }
  const facts = copyUser(user);
  chose(facts, 'moderation', now);
  switch (input.type) {
    case 'moderateMute': {
      requireRight(moderator, (moderates) => channelIdsOf(seen).some(moderates));
      const { isMicrophoneMuted, isSpeakerMuted } = user.moderatorMute;
      facts.moderatorMute = moderatorMute(
        input.isMicrophoneMuted ?? isMicrophoneMuted,
        input.isSpeakerMuted ?? isSpeakerMuted,
      );
      return facts;
    }
    case 'moveUser': {
      const { fromChannelId, toChannelId } = input;
      requireIn(channelIdsOf(seen), fromChannelId, 'from_channel_id');
      requireRight(moderator, (moderates) => moderates(fromChannelId) && moderates(toChannelId));
      if (fromChannelId === toChannelId) return user;
      const moved = membershipsOf(user).filter(({ channelId }) => channelId === fromChannelId);
      leaveChannel(facts, fromChannelId, now);
      const joinedAt = facts.choiceVersions.channel!;
      const joined = moved.map(({ sessionId }) => ({
        channelId: toChannelId,
        sessionId,
        joinedAt,
      }));
      const after = withoutDuplicates([...membershipsOf(facts), ...joined]);
      if (haveTooManyBytes(after)) {
        throw new RejectedError('TOO_MANY_CHANNELS', TOO_MANY_BYTES, 'to_channel_id');
      }
      setMemberships(facts, after);
      return facts;
    }
    case 'removeUser':
      requireIn(channelIdsOf(seen), input.channelId, 'channel_id');
      requireRight(moderator, (moderates) => moderates(input.channelId));
      leaveChannel(facts, input.channelId, now);
      return facts;
  }
  return input satisfies never;
}

/** The presence that a moderator sees. A user who hides from an admin is not out of reach for commands of the admin. */
function seenBy({ viewer, moderates }: Moderator, user: User): Presence {
  if (moderates !== undefined || viewer.userId === user.userId) return shownTo(viewer, user);
  return user.shown;
}

function requireRight(
  { moderates }: Moderator,
  isEnough: (moderates: (channelId: string) => boolean) => boolean,
): void {
  if (moderates === undefined || isEnough(moderates)) return;
  throw new RejectedError(
    'MODERATE_GRANT_REQUIRED',
    'this needs a token that grants moderate for the channel, or the scope presence:admin',
  );
}

function requireIn(channelIds: readonly string[], channelId: string, field: string): void {
  if (!channelIds.includes(channelId)) {
    throw new RejectedError('USER_NOT_IN_CHANNEL', 'the user is not in this channel', field);
  }
}
