import type { User, UserChange } from '../../src/model/user.js';

/** Creates a user with default values. */
export function user(userId: string, more: Partial<User> = {}): User {
  return {
    userId,
    status: 'online',
    statusText: '',
    channelId: undefined,
    channelIds: more.channelId === undefined ? [] : [more.channelId],
    attributes: {},
    isMicrophoneMuted: false,
    isSpeakerMuted: false,
    isMicrophoneMutedByModerator: false,
    isSpeakerMutedByModerator: false,
    platforms: ['desktop'],
    connectedAt: new Date(0),
    lastActiveAt: new Date(0),
    version: 1n,
    ...more,
  };
}

export function change(
  previous: User | undefined,
  current: User | undefined,
  reason: UserChange['reason'] = 'requested',
): UserChange {
  const presence = current ?? { ...previous!, status: 'offline', platforms: [] };
  const { userId } = presence;
  return { userId, previous, current, presence, reason, occurredAt: new Date(1000) };
}
