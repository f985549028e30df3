/**
 * Returns the version after `version`: the clock in microseconds, or `version + 1` if the clock has not advanced.
 * Versions grow across restarts without being stored, and their jumps do not reveal how active an invisible user was.
 * (A hybrid logical clock: Kulkarni et al., "Logical Physical Clocks", 2014.)
 */
export function nextVersion(version: number, now: number): number {
  return Math.max(version + 1, now * 1000);
}
