import { styleText } from 'node:util';
import type { Status } from '#client';

type Format = Parameters<typeof styleText>[0];

/** Colours text if standard output is a terminal and NO_COLOR is not set. */
export function style(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

const COLOURS: Readonly<Record<Status, Format>> = {
  online: 'green',
  idle: 'yellow',
  away: 'yellow',
  'do-not-disturb': 'red',
  offline: 'gray',
};

export function paintStatus(status: Status, text: string = status): string {
  return style(COLOURS[status], text);
}

const CONTROLS = /[\p{Cc}\p{Bidi_Control}]/gu;

/**
 * Escapes the control characters in text from other users, so that it cannot control the terminal, break the line or
 * change the direction of the text around it.
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/**
 * Formats a value as one line of JSON. Versions become strings, because they exceed the safe integers of JavaScript.
 * Undefined becomes null.
 */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part === undefined) return null;
    return typeof part === 'bigint' ? part.toString() : part;
  });
}

/**
 * Formats a time in the local time zone: the time of day, with the date unless it is today. Empty if there is no
 * valid time.
 */
export function timeInWords(time: Date | undefined, now = new Date()): string {
  if (time === undefined || Number.isNaN(time.getTime())) return '';
  const hour = time.toTimeString().slice(0, 8);
  return time.toDateString() === now.toDateString() ? hour : `${dayOf(time)} ${hour}`;
}

function dayOf(time: Date): string {
  const [month, day] = [time.getMonth() + 1, time.getDate()].map((n) => String(n).padStart(2, '0'));
  return `${time.getFullYear()}-${month}-${day}`;
}

/** Formats a count with its noun: "3 users", "1 user". */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
