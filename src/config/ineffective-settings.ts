import { REMOVED, RENAMED } from './retired-settings.js';
import { isServiceLink } from './service-link.js';
import { allSettings } from './settings.js';

/** A variable with this prefix is probably meant for this service. Other prefixes, such as HTTP and LOG, are too common. */
const OURS = /^(GRPC|GRPC_TLS|AUTH|REDIS|KEEPALIVE|IDLE|HEARTBEAT|RECONNECT|DRAIN|WEBHOOK)_/;

/** Variables that the gRPC library reads by itself. */
const OF_LIBRARY = /^GRPC_(TRACE$|VERBOSITY$|PROXY$|NODE_|SSL_|DEFAULT_SSL_|EXPERIMENTAL_)/;

/** In names of at least this length, two edits count as a typing error. In shorter names, only one does. */
const LONG = 12;

/** Longer than the name of any setting. The time of a comparison grows with the length. */
const LONGEST = 80;

const KNOWN: readonly string[] = allSettings.map(({ name }) => name);

/**
 * Finds variables that were probably meant as settings but have no effect, and returns a sentence about each: settings of
 * earlier versions, and names that resemble a setting. Empty variables are ignored, and so are those that Kubernetes or
 * Docker adds for other services.
 */
export function ineffectiveSettings(env: NodeJS.ProcessEnv): readonly string[] {
  const names = Object.entries(env).flatMap(([name, value]) => (value ? [name] : []));
  return names.map((name) => warningAbout(name, env)).filter((warning) => warning !== undefined);
}

function warningAbout(name: string, env: NodeJS.ProcessEnv): string | undefined {
  if (KNOWN.includes(name) || name.length > LONGEST) return undefined;
  if (Object.hasOwn(RENAMED, name)) {
    return `The setting ${name} has no effect. Its new name is ${RENAMED[name]}.`;
  }
  if (Object.hasOwn(REMOVED, name)) {
    return `The setting ${name} was removed and has no effect. ${REMOVED[name]}`;
  }
  const key = name.toUpperCase();
  if (OF_LIBRARY.test(key) || isServiceLink(name, env)) return undefined;
  const suggestions = suggestionsFor(key);
  // If the setting itself is set, the other variable is meant for another program.
  if (suggestions.every((known) => env[known] !== undefined)) return undefined;
  const list = suggestions.join(', ');
  return `Unknown setting ${name}. Did you mean ${suggestions.length > 1 ? 'one of ' : ''}${list}?`;
}

/** Returns the settings that a name most likely stands for. Empty: the name resembles none. */
function suggestionsFor(name: string): readonly string[] {
  const slips = KNOWN.filter((known) => isSlipOf(name, known));
  if (slips.length > 0) return slips;
  const words = name.split('_');
  const fuller = KNOWN.filter((known) => leavesWordsOut(words, known.split('_')));
  if (fuller.length > 0) return fuller;
  const shared = Math.max(...KNOWN.map((known) => sharedWords(words, known.split('_'))));
  if (shared < 2 && !OURS.test(name)) return [];
  return KNOWN.filter((known) => sharedWords(words, known.split('_')) === shared);
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
