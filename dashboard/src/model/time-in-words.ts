import type { User } from './user.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Formats a duration in its two largest useful units: `7 min`, `2 h 5 min`. */
export function spanInWords(ms: number): string {
  const rest = Math.max(0, ms);
  if (rest < MINUTE) return `${Math.floor(rest / SECOND)} s`;
  if (rest < HOUR) return `${Math.floor(rest / MINUTE)} min`;
  if (rest < DAY) return joined(rest, HOUR, 'h', MINUTE, 'min');
  return joined(rest, DAY, 'd', HOUR, 'h');
}

/**
 * Describes how long a user has been inactive, as far as the presence shows. An online user was active within the idle
 * timeout. A user with a chosen status may have been active since, because no event reports that.
 */
export function idleInWords({ status, lastActiveAt }: User, now: number): string {
  if (status === 'online') return 'active';
  if (lastActiveAt === undefined) return '';
  const span = spanInWords(now - lastActiveAt.getTime());
  return status === 'idle' ? span : `\u2264 ${span}`;
}

/** Formats a time in the past. */
export function agoInWords(at: Date | undefined, now: number): string {
  if (at === undefined) return 'at an unknown time';
  const ms = now - at.getTime();
  return ms < SECOND ? 'just now' : `${spanInWords(ms)} ago`;
}

/** Formats a time in the future. */
export function inWords(at: Date | undefined, now: number): string {
  if (at === undefined) return 'at an unknown time';
  const ms = at.getTime() - now;
  return ms < SECOND ? 'any moment' : `in ${spanInWords(ms)}`;
}

/** Formats the time of day in the local time zone. */
export function clockTime(at: Date): string {
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

function joined(ms: number, large: number, a: string, small: number, b: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${a}${rest === 0 ? '' : ` ${rest} ${b}`}`;
}
