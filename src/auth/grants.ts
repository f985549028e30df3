import { isIdentifier } from '../domain/identifier.js';
import { ChannelPatterns, isChannelPattern } from './channel-patterns.js';
import { InvalidToken } from './invalid-token.js';

/** The default name of the claim with the grants of a token. */
export const GRANTS_CLAIM = 'presence';

/** The maximum number of groups, and of channel patterns in one list of a token. */
const MAX_ENTRIES = 100;

/** Descriptions of the entries, for the message about a wrong one. */
const GROUP = 'a group: 1 to 128 characters, none of them a control character';
const PATTERN = 'a channel id, or the beginning of one followed by "*"';

/** The claim with the grants of a token, as the token contains it. */
export interface GrantsClaim {
  /** The groups of the user. */
  readonly groups?: readonly string[];
  /** The channels that the token may join: ids, or prefixes followed by "*". Joining includes watching. */
  readonly join?: readonly string[];
  /** The channels that the token may list and follow. */
  readonly watch?: readonly string[];
  /** The channels that the token may moderate, which includes joining and watching. */
  readonly moderate?: readonly string[];
  /** Whether the token may not begin sessions. */
  readonly watch_only?: boolean;
}

/** The grants of a token. */
export interface Grants {
  /** Sorted, each once. */
  readonly groups: readonly string[];
  /** Undefined: the token has no such list. */
  readonly join: ChannelPatterns | undefined;
  readonly watch: ChannelPatterns | undefined;
  readonly moderate: ChannelPatterns;
  readonly isWatchOnly: boolean;
}

/** Reads the claim with the name `name`. Throws `InvalidToken` if it is malformed. */
export function grantsOf(claim: unknown, name: string): Grants {
  const fields = fieldsOf(claim, name);
  return {
    groups: groupsOf(fields.groups, `${name}.groups`),
    join: patternsOf(fields.join, `${name}.join`),
    watch: patternsOf(fields.watch, `${name}.watch`),
    moderate: patternsOf(fields.moderate, `${name}.moderate`) ?? ChannelPatterns.NONE,
    isWatchOnly: flagOf(fields.watch_only, `${name}.watch_only`),
  };
}

function fieldsOf(claim: unknown, name: string): Readonly<Record<keyof GrantsClaim, unknown>> {
  if (claim !== undefined && (typeof claim !== 'object' || claim === null || Array.isArray(claim)))
    throw malformed(`${name} is not an object`);
  return (claim ?? {}) as Readonly<Record<keyof GrantsClaim, unknown>>;
}

const NO_GROUPS: readonly string[] = [];

function groupsOf(value: unknown, field: string): readonly string[] {
  if (value === undefined) return NO_GROUPS;
  return [...new Set(listOf(value, field, isIdentifier, GROUP))].sort();
}

function patternsOf(value: unknown, field: string): ChannelPatterns | undefined {
  if (value === undefined) return undefined;
  return ChannelPatterns.of(listOf(value, field, isChannelPattern, PATTERN));
}

function listOf(
  value: unknown,
  field: string,
  isEntry: (entry: unknown) => entry is string,
  expected: string,
): readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES)
    throw malformed(`${field} is not a list of at most ${MAX_ENTRIES} entries`);
  const wrong = value.findIndex((entry) => !isEntry(entry));
  if (wrong >= 0) throw malformed(`${field}[${wrong}] is not ${expected}`);
  return value as readonly string[];
}

function flagOf(value: unknown, field: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw malformed(`${field} is not a boolean`);
}

function malformed(detail: string): InvalidToken {
  return new InvalidToken('token is not valid', detail, detail);
}
