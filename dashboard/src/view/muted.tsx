import type { User } from '../model/user.js';
import { MicrophoneOffIcon, SpeakerOffIcon } from './icons.js';

/** The muted devices of a user, muted by the user or by a moderator. */
export function Muted({ user }: { readonly user: User }) {
  const { isMicrophoneMuted, isSpeakerMuted } = user;
  const { isMicrophoneMutedByModerator, isSpeakerMutedByModerator } = user;
  return (
    <span class="muted-marks">
      {isMicrophoneMuted && (
        <span title="Microphone muted">
          <MicrophoneOffIcon />
          <span class="unseen">microphone</span>
        </span>
      )}
      {isSpeakerMuted && (
        <span title="Speaker muted">
          <SpeakerOffIcon />
          <span class="unseen">speaker</span>
        </span>
      )}
      {isMicrophoneMutedByModerator && (
        <span class="by-moderator" title="Microphone muted by a moderator">
          <MicrophoneOffIcon />
          <span class="unseen">microphone, by a moderator</span>
        </span>
      )}
      {isSpeakerMutedByModerator && (
        <span class="by-moderator" title="Speaker muted by a moderator">
          <SpeakerOffIcon />
          <span class="unseen">speaker, by a moderator</span>
        </span>
      )}
    </span>
  );
}
