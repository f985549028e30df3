import type { PersonOptions } from './person-options.js';
import { currentChannelOf, left, type Wish } from './wish.js';

/** A moderator mutes a user, or removes the user from a channel. Returns the state afterwards. */
export async function moderated(
  wish: Wish,
  { random, userId, backend, history, isRestoredByDevices }: PersonOptions,
): Promise<Wish> {
  const record = history.beginCommand(userId);
  try {
    const channelId = currentChannelOf(wish);
    // A device that restores its channels could be back in the channel before a second attempt.
    if (channelId !== undefined && !isRestoredByDevices && random.happens(0.5)) {
      const result = await backend.removeFrom(userId, channelId);
      return result === 'done' ? left(wish, channelId) : wish;
    }
    const [isMicrophoneMuted, isSpeakerMuted] = [random.happens(0.5), random.happens(0.5)];
    const result = await backend.mute(userId, { isMicrophoneMuted, isSpeakerMuted });
    if (result !== 'done') return wish;
    return {
      ...wish,
      isMicrophoneMutedByModerator: isMicrophoneMuted,
      isSpeakerMutedByModerator: isSpeakerMuted,
    };
  } finally {
    history.commands++;
    record.until = Date.now();
  }
}
