import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { check, checkFlag, checkObject } from './arguments.js';
import type { RequestOptions } from './call-executor.js';

/** The attributes of a user if the program gives no type of its own. */
export type Attributes = Readonly<Record<string, string | undefined>>;

/** A type of attributes: each key has text, and may be absent. */
export type AttributeTypes<A> = { readonly [K in keyof A]?: string | undefined };

/** New values by key. A key whose value is undefined is removed, and an absent key stays as it is. */
export type AttributeChanges<A> = { readonly [K in keyof A]?: A[K] | undefined };

export interface AttributeOptions extends RequestOptions {
  /**
   * How long the new values last, in milliseconds: at most 24 hours. Setting them again renews the time. Default: as
   * long as the session.
   */
  readonly expiresInMs?: number;
  /** Whether the call does not count as activity, for values that a program sets by itself. Default: false. */
  readonly passive?: boolean;
}

/** Keys and values in the form of the contract. */
export type AttributeRecord = { readonly [key: string]: string };

/** A change of attributes in the form of the contract. */
export interface AttributeUpdate {
  readonly set: AttributeRecord;
  readonly remove: readonly string[];
  /** Undefined: as long as the session. */
  readonly expiresInMs: number | undefined;
}

const KEY = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_CHANGES = 100;
const MAX_VALUE_BYTES = 1024;
const MAX_EXPIRY_MS = 86_400_000;
const UTF8 = new TextEncoder();

/** Checks changes of attributes. The service checks the limits of all attributes of a user together. */
function checkAttributes(value: unknown, name: string): void {
  checkObject(value, name);
  const entries = Object.entries(value as object);
  check(entries.length <= MAX_CHANGES, name, `must have at most ${MAX_CHANGES} keys`);
  for (const [key, text] of entries) {
    check(KEY.test(key), name, 'must have keys of 1 to 64 letters, digits, "_", "-" or "."');
    check(
      text === undefined || isValue(text),
      name,
      'must have text of at most 1024 bytes as values',
    );
  }
}

/** Checks the arguments of a program and converts them to the form of the contract. */
export function checkedUpdate<A>(
  changes: AttributeChanges<A>,
  { expiresInMs, passive }: AttributeOptions,
  name = 'changes',
): AttributeUpdate {
  checkAttributes(changes, name);
  checkFlag(passive, 'passive');
  const isTime = typeof expiresInMs === 'number' && expiresInMs > 0 && expiresInMs <= MAX_EXPIRY_MS;
  check(
    expiresInMs === undefined || isTime,
    'expiresInMs',
    'must be a number above 0 and at most 86400000',
  );
  const entries = Object.entries(changes) as [string, string | undefined][];
  return {
    set: Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as AttributeRecord,
    remove: entries.filter(([, value]) => value === undefined).map(([key]) => key),
    expiresInMs,
  };
}

/** The request of an update. */
export function updateRequest(
  sessionId: string,
  { set, remove, expiresInMs }: AttributeUpdate,
  isPassive: boolean,
) {
  return {
    sessionId,
    set,
    remove: [...remove],
    ...(expiresInMs !== undefined && { expiresIn: durationFromMs(expiresInMs) }),
    isPassive,
  };
}

function isValue(text: unknown): boolean {
  return (
    typeof text === 'string' &&
    text.length <= MAX_VALUE_BYTES &&
    !/\p{Cs}/u.test(text) &&
    UTF8.encode(text).length <= MAX_VALUE_BYTES
  );
}

const NONE = Object.freeze(Object.create(null) as object);

/**
 * Copies attributes of the service into an object without a prototype, so that a key such as "constructor" is undefined
 * unless it is set.
 */
export function attributesOf<A>(record: AttributeRecord): Readonly<A> {
  const keys = Object.keys(record);
  const attributes =
    keys.length === 0 ? NONE : Object.assign(Object.create(null) as object, record);
  return attributes as Readonly<A>;
}
