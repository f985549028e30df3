import { isServiceLink } from './service-link.js';
import { settings } from './settings.js';

/** An unknown variable that begins so stops the start: without what it was meant to say the server would be less safe. */
const STRICT = /^(GRPC_TLS|AUTH|REDIS)_/;

/** A variable that begins so is probably meant for this service. Other words, such as HTTP and LOG, are everybody's. */
const OURS = /^(GRPC|KEEPALIVE|IDLE|HEARTBEAT|RECONNECT|DRAIN)_/;

/** The gRPC library reads these by itself. */
const OF_LIBRARY = /^GRPC_(TRACE$|VERBOSITY$|PROXY$|NODE_|SSL_|DEFAULT_SSL_|EXPERIMENTAL_)/;

/** A single change in a short name, or two changes in a longer one, are a typing error and not another word. */
const LONG = 12;

/** No name of a setting is as long, and the time that a comparison takes grows with the length. */
const LONGEST = 80;

/** What is to be said about variables that are not settings, a sentence for each. */
export interface UnknownSettings {
  /** These stop the start. */
  readonly mistakes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Finds variables that somebody took for a setting: they would change nothing, and it would show too late. An empty
 * variable counts as not set. So does a variable that Kubernetes or Docker adds for a service in the neighbourhood.
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
      // Where the setting itself is there, the other name is meant for another program.
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

/** The settings that a name most likely stands for. Empty: it resembles none. */
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

/** Whether a name is that of a setting but for some words that are missing, as AUTH_ISSUER and RECONNECT_GRACE are. */
function leavesWordsOut(words: readonly string[], known: readonly string[]): boolean {
  if (words.length < 2 || words[0] !== known[0]) return false;
  let found = 0;
  for (const word of known) if (word === words[found]) found++;
  return found === words.length;
}

/** How many words two names have in common at their beginning. */
function sharedWords(a: readonly string[], b: readonly string[]): number {
  const different = a.findIndex((word, i) => word !== b[i]);
  return different === -1 ? a.length : different;
}

function isSlipOf(name: string, known: string): boolean {
  const most = known.length < LONG ? 1 : 2;
  return Math.abs(name.length - known.length) <= most && changesBetween(name, known) <= most;
}

/** How many letters were left out, put in, taken for another or swapped with the next (Damerau and Levenshtein). */
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
