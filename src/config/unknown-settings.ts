import { isServiceLink } from './service-link.js';
import { settings } from './settings.js';

/**
 * An unknown variable with this prefix prevents the start: without the intended setting, the server would be less
 * secure.
 */
const STRICT = /^(GRPC_TLS|AUTH|REDIS)_/;

/**
 * A variable with this prefix is probably meant for this service. Other prefixes, such as HTTP and LOG, are too common.
 */
const OURS = /^(GRPC|KEEPALIVE|IDLE|HEARTBEAT|RECONNECT|DRAIN)_/;

/** Variables that the gRPC library reads by itself. */
const OF_LIBRARY = /^GRPC_(TRACE$|VERBOSITY$|PROXY$|NODE_|SSL_|DEFAULT_SSL_|EXPERIMENTAL_)/;

/** In names of at least this length, two edits count as a typing error. In shorter names, only one does. */
const LONG = 12;

/** Longer than the name of any setting. The time of a comparison grows with the length. */
const LONGEST = 80;

/** The sentences about variables that are not settings, one for each. */
export interface UnknownSettings {
  /** These prevent the start. */
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Finds variables that were probably meant as settings. They would have no effect, and this would be noticed too late.
 * Empty variables are ignored, and so are those that Kubernetes or Docker adds for other services.
 */
export function unknownSettings(env: NodeJS.ProcessEnv): UnknownSettings {
  const mistakes: string[] = [];
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!value || name in settings || name.length > LONGEST || isServiceLink(name, env)) continue;
    const key = name.toUpperCase();
    const suggestions = suggestionsFor(key);
    if (STRICT.test(key)) mistakes.push(sentence(name, suggestions));
    else if (suggestions.length > 0 && !OF_LIBRARY.test(key)) {
      // If the setting itself is set, the other variable is meant for another program.
      const isMissing = suggestions.some((known) => env[known] === undefined);
      if (isMissing) warnings.push(sentence(name, suggestions));
    }
  }
  return { mistakes, warnings };
}

function sentence(name: string, suggestions: readonly string[]): string {
  const list = suggestions.join(', ');
  return `Unknown setting ${name}. Did you mean ${suggestions.length > 1 ? 'one of ' : ''}${list}?`;
}

/** Returns the settings that a name most likely stands for. Empty: the name resembles none. */
function suggestionsFor(name: string): readonly string[] {
  const all = Object.keys(settings);
  const slips = all.filter((known) => isSlipOf(name, known));
  if (slips.length > 0) return slips;
  const words = name.split('_');
  const fuller = all.filter((known) => leavesWordsOut(words, known.split('_')));
  if (fuller.length > 0) return fuller;
  const shared = Math.max(...all.map((known) => sharedWords(words, known.split('_'))));
  if (shared < 2 && !OURS.test(name) && !STRICT.test(name)) return [];
  return all.filter((known) => sharedWords(words, known.split('_')) === shared);
}

/** Whether a name is that of a setting with some words missing, such as AUTH_ISSUER and RECONNECT_GRACE. */
function leavesWordsOut(words: readonly string[], known: readonly string[]): boolean {
  if (words.length < 2 || words[0] !== known[0]) return false;
  let found = 0;
  for (const word of known) if (word === words[found]) found++;
  return found === words.length;
}

/** Returns how many words two names have in common at the start. */
function sharedWords(a: readonly string[], b: readonly string[]): number {
  const different = a.findIndex((word, i) => word !== b[i]);
  return different === -1 ? a.length : different;
}

function isSlipOf(name: string, known: string): boolean {
  const most = known.length < LONG ? 1 : 2;
  return Math.abs(name.length - known.length) <= most && changesBetween(name, known) <= most;
}

/**
 * Returns how many letters were deleted, inserted, replaced or swapped with the next one (Damerau-Levenshtein
 * distance).
 */
function changesBetween(a: string, b: string): number {
  let beforeLast: readonly number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          last[j]! + 1,
          row[j - 1]! + 1,
          last[j - 1]! + (isSame ? 0 : 1),
          isSwap ? beforeLast[j - 2]! + 1 : Infinity,
        ),
      );
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
