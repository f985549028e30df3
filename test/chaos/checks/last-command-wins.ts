import { StatusChoice } from '../../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Evidence, Own } from '../evidence.js';
import type { Check } from './check.js';

export const lastCommandWins: Check = {
  name: 'last command wins',
  promise:
    'of each kind of command the last that was acknowledged holds, whichever device gave it and whatever the devices restored since',
  complaints: ({ own }: Pick<Evidence, 'own'>) => differencesOfOwn(own),
};

/** Returns the differences between the state of users and their last acknowledged commands. */
export function differencesOfOwn(own: readonly Own[]): readonly string[] {
  return own.flatMap(({ userId, wish, choice, presence }) => {
    const is = inWords({ ...presence, choice, channelId: presence.currentChannelId });
    const due = inWords(wish);
    return is === due ? [] : [`${userId} is ${is}, and was last told ${due}`];
  });
}

function inWords({
  choice,
  statusText,
  channelId,
  isMicrophoneMuted,
  isSpeakerMuted,
}: Own['wish']): string {
  const name = StatusChoice[choice].replace('STATUS_CHOICE_', '');
  return `${name} "${statusText}" in ${channelId ?? '-'}, mic ${isMicrophoneMuted ? 'off' : 'on'}, speaker ${isSpeakerMuted ? 'off' : 'on'}`;
}
