import { PresenceError } from './presence-error.js';

/** Control characters and unpaired surrogates, which have no UTF-8 form. Ids and texts must not contain them. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;
const LONGEST = 128;

/** A time of the contract covers the years 1 to 9999. */
const FIRST_TIME = -62_135_596_800_000;
const LAST_TIME = 253_402_300_799_999;

/** The longest delay of timers on all platforms, about 24 days. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Throws `invalid-argument` with the name of the argument if the condition is false. Arguments are checked before
 * anything is queued or sent, so that an invalid one delays nothing. The error does not contain the value, which may be
 * a secret.
 */
export function check(isRight: boolean, name: string, description: string): void {
  if (isRight) return;
  throw new PresenceError('invalid-argument', `${name} ${description}`, {
    violations: [{ field: name, description }],
  });
}

export function checkId(value: unknown, name: string): void {
  const isRight = isText(value) && value !== '';
  check(isRight, name, 'must be 1 to 128 characters, none of them a control character');
}

export function checkText(value: unknown, name: string): void {
  check(isText(value), name, 'must be at most 128 characters, none of them a control character');
}

function isText(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 2 * LONGEST) return false;
  return [...value].length <= LONGEST && !FORBIDDEN.test(value);
}

/** Checks the length of a list and each of its items. */
export function checkList(
  value: unknown,
  name: string,
  most: number,
  checkItem: (item: unknown, name: string) => void,
): void {
  const isRight = Array.isArray(value) && value.length <= most;
  check(isRight, name, `must be an array of at most ${most}`);
  (value as unknown[]).forEach((item, index) => checkItem(item, `${name}[${index}]`));
}

/** Checks that a value is a key of a table. */
export function checkName(value: unknown, name: string, table: object): void {
  const isRight = typeof value === 'string' && Object.hasOwn(table, value);
  check(isRight, name, `must be one of: ${Object.keys(table).join(', ')}`);
}

/** Checks that a value is a boolean or undefined. */
export function checkFlag(value: unknown, name: string): void {
  check(value === undefined || typeof value === 'boolean', name, 'must be true or false');
}

/** Checks that a value is a valid Date or undefined. */
export function checkDate(value: unknown, name: string): void {
  const isRight =
    value === undefined || (value instanceof Date && +value >= FIRST_TIME && +value <= LAST_TIME);
  check(isRight, name, 'must be a Date of the years 1 to 9999');
}

export function checkWholeNumber(value: unknown, name: string): void {
  const isRight = Number.isInteger(value) && Math.abs(value as number) <= LONGEST_TIMEOUT_MS;
  check(isRight && (value as number) >= 0, name, 'must be an integer from 0 to 2147483647');
}

export function checkTimeout(value: unknown, name: string): void {
  const isRight = typeof value === 'number' && value > 0 && value <= LONGEST_TIMEOUT_MS;
  check(isRight, name, 'must be a number above 0 and at most 2147483647');
}

export function checkFunction(value: unknown, name: string): void {
  check(typeof value === 'function', name, 'must be a function');
}

/** Checks that a value is an object with these methods. */
export function checkObject(value: unknown, name: string, ...methods: readonly string[]): void {
  const isRight =
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function');
  check(isRight, name, `must be an object${methods.map((method) => ` with ${method}()`).join('')}`);
}

/** Checks that a value is an object whose `signal` is undefined or an AbortSignal. */
export function checkOptions(options: { readonly signal?: unknown }, name = 'options'): void {
  checkObject(options, name);
  const { signal } = options;
  if (signal === undefined) return;
  const isRight = typeof signal === 'object' && signal !== null && 'aborted' in signal;
  check(isRight && 'addEventListener' in signal, 'signal', 'must be an AbortSignal');
}
