import { StatusChoice } from '../../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Evidence, Own } from '../evidence.js';
import { attributesInWords, channelsInWords, muteInWords } from '../in-words.js';
import { attributesOf, channelsOf, currentChannelOf } from '../wish.js';
import type { Check } from './check.js';

export const lastCommandWins: Check = {
  name: 'last command wins',
  promise:
    'for each kind of command, the last acknowledged one takes effect, on whichever device, and a reconnect of another device does not undo it',
  violations: ({ own }: Pick<Evidence, 'own'>) => differencesOfOwn(own),
};

/** Returns the differences between the state of users and their last acknowledged commands. */
export function differencesOfOwn(own: readonly Own[]): readonly string[] {
  return own.flatMap(({ userId, wish, isThere, choice, presence }) => {
    const is = inWords(choice, presence);
    const due = inWords(wish.choice, {
      ...wish,
      // The presence of a user who is OFFLINE has no text. The service keeps the text for the next session.
      statusText: isThere ? wish.statusText : '',
      currentChannelId: currentChannelOf(wish),
      channelIds: channelsOf(wish),
      attributes: attributesOf(wish),
    });
    return is === due ? [] : [`${userId} is ${is}, and was last told ${due}`];
  });
}

function inWords(
  choice: StatusChoice,
  presence: Parameters<typeof muteInWords>[0] &
    Parameters<typeof channelsInWords>[0] &
    Parameters<typeof attributesInWords>[0] & { readonly statusText: string },
): string {
  const name = StatusChoice[choice].replace('STATUS_CHOICE_', '');
  return `${name} "${presence.statusText}" in ${channelsInWords(presence)}, ${attributesInWords(presence)}${muteInWords(presence)}`;
}
