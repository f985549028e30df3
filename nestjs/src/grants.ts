import type { TokenGrants } from './token-options.js';

/** The maximum number of entries in one list of a token. */
const MAX_ENTRIES = 100;
const MAX_CHARACTERS = 128;
const CONTROL = /\p{Cc}/u;

/** Returns the claim with these grants as a token has it. Undefined without grants. Throws `RangeError` for a wrong one. */
export function grantsClaimOf(grants: TokenGrants): Readonly<Record<string, unknown>> | undefined {
  const { groups, join, watch, moderate, watchOnly } = grants;
  checkList(groups, 'groups', isId);
  for (const [name, list] of Object.entries({ join, watch, moderate })) {
    checkList(list, name, isChannelPattern);
  }
  const claim = {
    ...(groups && { groups }),
    ...(join && { join }),
    ...(watch && { watch }),
    ...(moderate && { moderate }),
    ...(watchOnly && { watch_only: true }),
  };
  return Object.keys(claim).length === 0 ? undefined : claim;
}

/** Whether the service accepts `value` as the id of a user, a channel or a group. */
export function isId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    [...value].length <= MAX_CHARACTERS &&
    // A lone surrogate cannot be encoded as UTF-8.
    value.isWellFormed() &&
    !CONTROL.test(value)
  );
}

/** Whether `value` is a channel id, or the beginning of one followed by `*`. */
function isChannelPattern(value: unknown): boolean {
  if (typeof value !== 'string' || value === '*') return value === '*';
  const id = value.endsWith('*') ? value.slice(0, -1) : value;
  return isId(id) && !id.includes('*');
}

function checkList(
  list: readonly string[] | undefined,
  name: string,
  isEntry: (value: unknown) => boolean,
): void {
  if (list === undefined) return;
  if (!Array.isArray(list) || list.length > MAX_ENTRIES) {
    throw new RangeError(`${name} must be a list of at most ${MAX_ENTRIES} entries`);
  }
  const wrong = list.findIndex((entry) => !isEntry(entry));
  if (wrong >= 0) throw new RangeError(`${name}[${wrong}] is not valid`);
}
