import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';

/** A channel, and the device whose session is in it. */
export interface Stay {
  readonly channelId: string;
  readonly platform: string;
}

/** The attributes of one device. */
export type DeviceAttributes = ReadonlyMap<string, string>;

/** The state that was acknowledged to a user. */
export interface Wish {
  /** In the order of the joins. The last one is the current channel. */
  readonly stays: readonly Stay[];
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  readonly isMicrophoneMutedByModerator: boolean;
  readonly isSpeakerMutedByModerator: boolean;
  readonly choice: StatusChoice;
  readonly statusText: string;
  /** By platform. Devices use different keys. */
  readonly attributes: ReadonlyMap<string, DeviceAttributes>;
}

export const FIRST_WISH: Wish = {
  stays: [],
  isMicrophoneMuted: false,
  isSpeakerMuted: false,
  isMicrophoneMutedByModerator: false,
  isSpeakerMutedByModerator: false,
  choice: StatusChoice.STATUS_CHOICE_AUTOMATIC,
  statusText: '',
  attributes: new Map(),
};

export function currentChannelOf({ stays }: Wish): string | undefined {
  return stays.at(-1)?.channelId;
}

/** Returns the channels of a user, sorted, each once. */
export function channelsOf({ stays }: Wish): readonly string[] {
  return [...new Set(stays.map(({ channelId }) => channelId))].sort();
}

/** Returns the attributes of all devices, as others see them. */
export function attributesOf({ attributes }: Wish): ReadonlyMap<string, string> {
  return new Map([...attributes.values()].flatMap((one) => [...one]));
}

/** The state after a device has joined a channel. */
export function joined(wish: Wish, stay: Stay, keepOthers: boolean): Wish {
  const others = wish.stays.filter(
    ({ channelId, platform }) => channelId !== stay.channelId || platform !== stay.platform,
  );
  return { ...wish, stays: keepOthers ? [...others, stay] : [stay] };
}

/** The state after a user has left a channel on all devices, or all channels. */
export function left(wish: Wish, channelId: string | undefined): Wish {
  const stays = wish.stays.filter(
    (stay) => channelId !== undefined && stay.channelId !== channelId,
  );
  return { ...wish, stays };
}

/** The state after the session of a device has ended: its channels and attributes end with it. */
export function departed(wish: Wish, device: string): Wish {
  const attributes = new Map(wish.attributes);
  attributes.delete(device);
  return { ...wish, stays: wish.stays.filter(({ platform }) => platform !== device), attributes };
}

/** The state after a device has changed its attributes. */
export function withAttributes(
  wish: Wish,
  platform: string,
  set: ReadonlyMap<string, string>,
  remove: readonly string[],
): Wish {
  const own = new Map(wish.attributes.get(platform));
  for (const key of remove) own.delete(key);
  for (const [key, value] of set) own.set(key, value);
  return { ...wish, attributes: new Map([...wish.attributes, [platform, own]]) };
}
