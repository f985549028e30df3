import { settings } from './settings.js';

/** In a short name a single change, in a longer one two, is still a slip of the hand and not another word. */
const LONG = 12;

/**
 * Complains of variables whose name is that of a setting but for a slip: `IDLE_TIMOUT_MS` would otherwise change nothing, and
 * nobody would know. Where the setting is there as well, or said to be empty, the other is somebody else's.
 */
export function nearMisses(env: NodeJS.ProcessEnv): readonly string[] {
  return Object.keys(env)
    .filter((name) => !(name in settings))
    .flatMap((name) => {
      const meant = Object.keys(settings).find(
        (known) => env[known] === undefined && isSlipOf(name, known),
      );
      if (meant === undefined) return [];
      return `${name} is no setting. If it is to be ${meant}, name it so; if it is not for this service, set ${meant} as well, or to nothing.`;
    });
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
