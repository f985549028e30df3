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
