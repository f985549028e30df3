import { nextVersion } from './version.js';
import { RejectedError } from './rejected-error.js';

/** One attribute that a session has set. */
export interface Attribute {
  readonly value: string;
  /** Grows with every set of any attribute of the user. If two sessions set the same key, the higher version counts. */
  readonly version: number;
  /** When the attribute expires. Undefined: with its session. */
  readonly expiresAt: number | undefined;
}

/** The attributes that a session has set, by key. It is never changed in place. */
export type SessionAttributes = ReadonlyMap<string, Attribute>;

/** The part of a session that has its attributes. */
interface AttributeHolder {
  readonly sessionId: string;
  readonly attributes: SessionAttributes;
}

/** The attributes of sessions without any. All of them share this map. */
export const NO_SESSION_ATTRIBUTES: SessionAttributes = new Map();

/** The attributes of a user by key, sorted by key. The map is never changed in place. */
export type Attributes = ReadonlyMap<string, string>;

/** The attributes of users without any. All of them share this map. */
export const NO_ATTRIBUTES: Attributes = new Map();

/** The maximum number of different keys over all sessions of a user. */
export const MAX_ATTRIBUTES = 32;

/** The maximum size in UTF-8 bytes of all keys and values of a user. If several sessions set a key, the longest value counts. */
export const MAX_ATTRIBUTES_BYTES = 4096;

/** The maximum size of one value in UTF-8 bytes. */
export const MAX_ATTRIBUTE_VALUE_BYTES = 1024;

/** The maximum length of a key in characters. */
export const MAX_ATTRIBUTE_KEY_LENGTH = 64;

const KEY = new RegExp(`^[A-Za-z0-9_.-]{1,${MAX_ATTRIBUTE_KEY_LENGTH}}$`);

/** Whether `key` may name an attribute. */
export function isAttributeKey(key: string): boolean {
  return KEY.test(key);
}

/** The changes of the attributes of one session. */
export interface AttributeChanges {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
  /** When the attributes in `set` expire. Undefined: with the session. */
  readonly expiresAt: number | undefined;
  /** The field of the request that sets attributes, for the error if there is no room for them. */
  readonly field: 'set' | 'attributes';
}

/**
 * Returns the attributes of `session` after changes. `sessions` are all sessions of the user. A key that is both removed
 * and set is set. Throws a `RejectedError` if the attributes of the user would exceed the limits.
 */
export function changeAttributes(
  sessions: readonly AttributeHolder[],
  session: AttributeHolder,
  { set, remove, expiresAt, field }: AttributeChanges,
  now: number,
): SessionAttributes {
  const attributes = new Map(session.attributes);
  for (const key of remove) attributes.delete(key);
  const version = nextVersion(lastVersion(sessions), now);
  const others = sessions.filter(({ sessionId }) => sessionId !== session.sessionId);
  for (const [key, value] of set) {
    const known = session.attributes.get(key);
    const isRepeated =
      known?.value === value &&
      known.expiresAt === expiresAt &&
      others.every((other) => (other.attributes.get(key)?.version ?? 0) < known.version);
    attributes.set(key, isRepeated ? known : { value, version, expiresAt });
  }
  if (set.size > 0) requireRoom([...others.map((other) => other.attributes), attributes], field);
  return attributes.size === 0 ? NO_SESSION_ATTRIBUTES : attributes;
}

/** Returns the attributes of a user over all sessions. If they are the same as `before`, it returns `before` itself. */
export function mergeAttributes(
  sessions: readonly AttributeHolder[],
  before: Attributes,
): Attributes {
  if (sessions.every(({ attributes }) => attributes.size === 0)) return NO_ATTRIBUTES;
  const latest = new Map<string, Attribute>();
  for (const { attributes } of sessions) {
    for (const [key, attribute] of attributes) {
      const other = latest.get(key);
      if (other === undefined || attribute.version >= other.version) latest.set(key, attribute);
    }
  }
  const merged = new Map(
    [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { value }]) => [key, value]),
  );
  return haveSameAttributes(merged, before) ? before : merged;
}

/** Whether two users have the same keys with the same values. */
export function haveSameAttributes(a: Attributes, b: Attributes): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}

/** Returns the keys that only one of the two has, or with another value, sorted. */
export function changedKeys(before: Attributes, after: Attributes): readonly string[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].filter((key) => before.get(key) !== after.get(key)).sort();
}

/** Returns when the next attribute of a session expires. Undefined: none of them does. */
export function attributesExpireAt({ attributes }: AttributeHolder): number | undefined {
  if (attributes === NO_SESSION_ATTRIBUTES) return undefined;
  let at: number | undefined;
  for (const { expiresAt } of attributes.values()) {
    if (expiresAt !== undefined && (at === undefined || expiresAt < at)) at = expiresAt;
  }
  return at;
}

/** Returns the attributes that expire later than `at`. */
export function withoutExpired(attributes: SessionAttributes, at: number): SessionAttributes {
  const kept = new Map(
    [...attributes].filter(([, { expiresAt }]) => expiresAt === undefined || expiresAt > at),
  );
  if (kept.size === attributes.size) return attributes;
  return kept.size === 0 ? NO_SESSION_ATTRIBUTES : kept;
}

function lastVersion(sessions: readonly AttributeHolder[]): number {
  let last = 0;
  for (const { attributes } of sessions)
    for (const { version } of attributes.values()) last = Math.max(last, version);
  return last;
}

function requireRoom(all: readonly SessionAttributes[], field: AttributeChanges['field']): void {
  const sizes = new Map<string, number>();
  for (const attributes of all) {
    for (const [key, { value }] of attributes) {
      const size = Buffer.byteLength(value);
      sizes.set(key, Math.max(sizes.get(key) ?? 0, size));
    }
  }
  let bytes = 0;
  for (const [key, size] of sizes) bytes += key.length + size;
  if (sizes.size > MAX_ATTRIBUTES || bytes > MAX_ATTRIBUTES_BYTES) {
    throw new RejectedError(
      'INVALID_FIELD',
      `must leave the user at most ${MAX_ATTRIBUTES} attributes of ${MAX_ATTRIBUTES_BYTES} bytes in total, over all sessions`,
      field,
    );
  }
}
