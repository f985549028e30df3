import { InvalidArgumentError } from 'commander';

const CLOCK_TIME = /^([01]?\d|2[0-3]):([0-5]\d)$/;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/**
 * Parses the value of an option with a time: a local time such as "15:00", which is the next such time after `now`, or
 * an ISO 8601 time such as "2026-11-30T15:00Z".
 */
export function timeOption(text: string, now: Date = new Date()): Date {
  const clock = CLOCK_TIME.exec(text);
  if (clock === null) {
    const time = ISO_TIME.test(text) ? new Date(text) : new Date(NaN);
    if (!Number.isNaN(time.getTime())) return time;
    throw new InvalidArgumentError('It must be a time such as 15:00 or 2026-11-30T15:00Z.');
  }
  const time = new Date(now);
  time.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
  if (time <= now) time.setDate(time.getDate() + 1);
  return time;
}
