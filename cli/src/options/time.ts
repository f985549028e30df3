import { InvalidArgumentError } from 'commander';

const CLOCK_TIME = /^([01]?\d|2[0-3]):([0-5]\d)$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/**
 * Parses the value of an option with a time: a local time such as "15:00", which is the next such time after `now`, or
 * an ISO 8601 time such as "2026-11-30T15:00Z".
 */
export function timeOption(text: string, now: Date = new Date()): Date {
  const time = timeIn(text, now);
  if (time === undefined)
    throw new InvalidArgumentError('It must be a time such as 15:00 or 2026-11-30T15:00Z.');
  if (CLOCK_TIME.test(text) && time <= now) time.setDate(time.getDate() + 1);
  return time;
}

/**
 * Parses the value of an option with a time in the past: "now" (returns undefined), a local time such as "15:00", which is
 * the last such time until `now`, or an ISO 8601 time.
 */
export function pastTimeOption(text: string, now: Date = new Date()): Date | undefined {
  if (text === 'now') return undefined;
  const time = timeIn(text, now);
  if (time === undefined)
    throw new InvalidArgumentError('It must be now, or a time such as 15:00 or 2026-11-30T15:00Z.');
  if (CLOCK_TIME.test(text) && time > now) time.setDate(time.getDate() - 1);
  return time;
}

/** Returns the time in a text, a local time on the day of `now`. Undefined if there is none. */
function timeIn(text: string, now: Date): Date | undefined {
  const [, hours, minutes] = CLOCK_TIME.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const time = new Date(now);
    time.setHours(Number(hours), Number(minutes), 0, 0);
    return time;
  }
  const time = ISO_TIME.test(text) ? new Date(text) : new Date(NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
