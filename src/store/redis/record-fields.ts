import { areSame } from '../../domain/presence.js';
import { sharedText } from '../../domain/shared-text.js';
import { moderatorMute, NOT_MODERATED, type ModeratorMute } from '../../domain/moderator-mute.js';

/*
 * Users and events are stored as JSON arrays with fixed positions: a third of the size of objects with names, and
 * readable in `redis-cli`. The types below are the table of the positions. A later version may append fields, which
 * earlier versions ignore. `Later` has the appended fields: they must be written, and may be missing in a record of an
 * earlier version. Fields at the end that are undefined are left out.
 */
export type Written<First extends readonly unknown[], Later extends readonly unknown[]> = [
  ...First,
  ...Later,
];
export type Stored<First extends readonly unknown[], Later extends readonly unknown[]> = readonly [
  ...First,
  ...Partial<Later>,
];

/** Leaves out the fields at the end that are undefined. */
export function trimmed<Fields extends unknown[]>(fields: Fields): Fields {
  while (fields.at(-1) === undefined) fields.pop();
  return fields;
}

/** A record that is damaged, or that an incompatible version of the service has written. */
export class UnreadableRecord extends Error {}

/** Returns a stored text. Throws if it is none. */
export function text(value: unknown): string {
  if (typeof value !== 'string') throw new UnreadableRecord('a text is missing');
  return value;
}

/** Returns a copy of a part of a text. V8 keeps the complete text in memory as long as a part that was cut out of it. */
export function copyOfPart(part: string): string {
  return Buffer.from(part).toString();
}

/** Returns a stored time, version or duration. Throws if it is no number. */
export function time(value: unknown): number {
  if (!Number.isFinite(value)) throw new UnreadableRecord('a number is missing');
  return value as number;
}

/** Returns a stored time. Undefined: none is stored. */
export function timeOrNone(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : time(value);
}

/** Pairs of a position in a record and the new value there. */
export type FieldChanges = readonly unknown[];

/** Encodes a time or a version relative to another one. */
export function since(base: number, value: number): number {
  return value - base;
}

/** Encodes a time or a version that may be missing relative to another one. */
export function sinceOrNull(base: number, value: number | undefined): number | null {
  return value === undefined ? null : value - base;
}

/** Decodes what `since` has encoded. */
export function later(base: number, value: unknown): number {
  return base + time(value);
}

/** Decodes what `sinceOrNull` has encoded. */
export function laterOrNone(base: number, value: unknown): number | undefined {
  return value === null ? undefined : base + time(value);
}

/** Returns a stored list of texts. */
export function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new UnreadableRecord('a list is missing');
  for (let nth = 0; nth < value.length; nth++) text(value[nth]);
  return value as string[];
}

/** Returns a stored value if it is one of `all`. */
export function oneOf<T>(all: ReadonlySet<T>, value: unknown): T {
  if (!all.has(value as T)) throw new UnreadableRecord('a value is unknown');
  return value as T;
}

/**
 * Returns a text that other users share. `known` is the text at this position in the record before: most commits do not
 * change it, and the comparison is cheaper than a search.
 */
export function sharedWith(known: string | undefined, value: unknown): string {
  return known !== undefined && value === known ? known : sharedText(text(value));
}

/** Returns the known list if the stored one is equal, because consumers of commits compare lists by identity first. */
export function sameOr(
  known: readonly string[] | undefined,
  stored: readonly string[],
): readonly string[] {
  return known !== undefined && areSame(known, stored) ? known : stored;
}

export function bit(flag: boolean): 0 | 1 {
  return flag ? 1 : 0;
}

/** 1: the microphone, 2: the speaker. */
export type MuteBits = number;

/** Encodes the mute state that moderators set. Undefined: not muted. */
export function muteBits({
  isMicrophoneMuted,
  isSpeakerMuted,
}: ModeratorMute): MuteBits | undefined {
  return bit(isMicrophoneMuted) + 2 * bit(isSpeakerMuted) || undefined;
}

/** Decodes the mute state that moderators set. */
export function moderatorMuteOf(bits: MuteBits | null | undefined): ModeratorMute {
  return bits ? moderatorMute((bits & 1) !== 0, (bits & 2) !== 0) : NOT_MODERATED;
}
