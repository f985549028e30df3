import { useChannel, useMyPresence } from '@presence-service/client/react';

/** A stage for voices. The media server, which is not part of this example, carries the sound. */
export function Stage() {
  const { members, join, leave } = useChannel('stage');
  const { presence, mute } = useMyPresence();
  const isOnStage = presence?.channelIds.includes('stage') ?? false;
  const isMuted = presence?.isMicrophoneMuted ?? false;
  return (
    <section>
      <h2>Stage</h2>
      <ul id="speakers">
        {members.map(({ userId, isMicrophoneMuted, isMicrophoneMutedByModerator }) => (
          <li key={userId}>
            {userId}
            {(isMicrophoneMuted || isMicrophoneMutedByModerator) && ' (muted)'}
          </li>
        ))}
      </ul>
      <button onClick={() => void (isOnStage ? leave() : join())}>
        {isOnStage ? 'Leave the stage' : 'Join the stage'}
      </button>
      <button onClick={() => void mute({ microphone: !isMuted })}>
        {isMuted ? 'Unmute' : 'Mute'}
      </button>
    </section>
  );
}
