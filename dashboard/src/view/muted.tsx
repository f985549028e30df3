import type { User } from '../model/user.js';
import { MicrophoneOffIcon, SpeakerOffIcon } from './icons.js';

/** The muted devices of a user: microphone, speaker or both. */
export function Muted({ user }: { readonly user: User }) {
  const { isMicrophoneMuted, isSpeakerMuted } = user;
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
    </span>
  );
}
