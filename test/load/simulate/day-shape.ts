import type { TraceRow } from '../replay/trace.js';

const HOURS = 24;
const HOUR_SECONDS = 3600;

/** One hour of the day, beside the other hours. */
export interface HourShape {
  /** The users online, as a part of those in the hour with the most. */
  readonly online: number;
  /** The rate of new sessions and of activities, as a multiple of the mean of the day. */
  readonly connects: number;
  readonly commands: number;
}

/**
 * Returns the shape of an average day of a trace. It leaves out sessions that begin because many were lost together:
 * the simulation adds such a loss itself.
 */
export function dayShapeOf(rows: readonly TraceRow[]): readonly HourShape[] {
  const [connects, commands, online] = [hours(), hours(), hours()];
  const open = new Set<string>();
  const returning = new Set<string>();
  let last = 0;
  for (const { seconds, action, session, user, reason } of rows) {
    addTime(online, last, seconds, open.size);
    last = seconds;
    const hour = hourOf(seconds);
    if (action === 'activity') commands[hour]!++;
    else if (action === 'connect') {
      open.add(session);
      if (!returning.delete(user)) connects[hour]!++;
    } else {
      open.delete(session);
      if (reason === 'netsplit') returning.add(user);
    }
  }
  const most = Math.max(...online);
  const [byMean, byMeanOfCommands] = [overMean(connects), overMean(commands)];
  return online.map((seconds, hour) => ({
    online: most === 0 ? 0 : seconds / most,
    connects: byMean[hour]!,
    commands: byMeanOfCommands[hour]!,
  }));
}

function hours(): number[] {
  return Array.from({ length: HOURS }, () => 0);
}

function hourOf(seconds: number): number {
  return Math.floor(seconds / HOUR_SECONDS) % HOURS;
}

/** Adds the time in which some sessions were open to the hours in which it passed. */
function addTime(online: number[], from: number, until: number, sessions: number): void {
  for (let at = from; at < until;) {
    const next = Math.min(until, (Math.floor(at / HOUR_SECONDS) + 1) * HOUR_SECONDS);
    online[hourOf(at)]! += sessions * (next - at);
    at = next;
  }
}

/** Returns each value as a multiple of the mean. A trace without such rows has the same rate in each hour. */
function overMean(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => (mean === 0 ? 1 : value / mean));
}
