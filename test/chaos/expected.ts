import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Expected } from './evidence.js';
import type { Person } from './person.js';
import { attributesOf, channelsOf, currentChannelOf } from './wish.js';

/** Returns the state of a user that others must see in the end. */
export function expectedOf(person: Person): Expected {
  const { userId, wish, devices, isThere, life } = person;
  return {
    userId,
    isShown: isThere && wish.choice !== StatusChoice.STATUS_CHOICE_INVISIBLE,
    status: STATUS_OF_CHOICE[wish.choice] ?? 'ONLINE',
    statusText: wish.statusText,
    channelId: currentChannelOf(wish),
    channelIds: channelsOf(wish),
    attributes: attributesOf(wish),
    isMicrophoneMuted: wish.isMicrophoneMuted,
    isSpeakerMuted: wish.isSpeakerMuted,
    isMicrophoneMutedByModerator: wish.isMicrophoneMutedByModerator,
    isSpeakerMutedByModerator: wish.isSpeakerMutedByModerator,
    platforms: devices
      .filter(({ span }) => span !== undefined)
      .map(({ platform }) => platform)
      .sort(),
    joins: wish.stays.map(({ channelId }) => channelId),
    groups: devices.flatMap(({ span }) => span?.groups ?? []),
    hiddenFrom: life?.hiddenFrom ?? [],
  };
}

const STATUS_OF_CHOICE: Readonly<Record<number, string>> = {
  [StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB]: 'DO_NOT_DISTURB',
  [StatusChoice.STATUS_CHOICE_AWAY]: 'AWAY',
};
