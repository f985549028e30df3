import { inspect } from 'node:util';

/** The number of characters of a client's text that a message repeats by default. */
const MAX_CHARACTERS = 200;

const PRINTABLE_ASCII = /^[ -~]*$/;

/**
 * Control characters, invisible formats such as bidirectional marks, lone surrogates, unassigned code points, and line
 * separators.
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * Returns text of a client in a form that is safe in an error message, a header, a trailer or a log: well-formed
 * Unicode on one line, with unprintable characters escaped as `\u{...}`. Text above `max` code points is shortened and
 * ends with `…`. The function never throws, and long text costs no more than short text.
 */
export function safeText(text: string, max = MAX_CHARACTERS): string {
  if (text.length <= max && PRINTABLE_ASCII.test(text)) return text;
  let safe = '';
  let count = 0;
  for (const character of text) {
    if (count++ === max) return `${safe}…`;
    safe += UNSAFE.test(character) ? escaped(character) : character;
  }
  return safe;
}

/**
 * Like `safeText`, for text of several lines such as a stack trace: line feeds and tabs stay, and nothing is shortened.
 */
export function safeLines(text: string): string {
  return text.replace(/[^\n\t\P{C}]|[\p{Zl}\p{Zp}]/gu, escaped);
}

/**
 * Describes an error for the log, with its stack. The message may contain text of a client, so it is kept on one line.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return safeText(inspect(error), 1000);
  const { message, stack } = error;
  const safe = safeText(message, 1000);
  return stack === undefined ? safe : safeLines(stack.replace(message, () => safe));
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
