import { inspect } from 'node:util';

/** How many characters of a client's text a message repeats, unless it says otherwise. */
const MAX_CHARACTERS = 200;

const PRINTABLE_ASCII = /^[ -~]*$/;

/** Controls, invisible formats such as bidirectional marks, halves of surrogate pairs, unassigned code points, and line separators. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * Text of a client as it may stand in an error message, a header, a trailer or a log: well-formed Unicode on one line, in
 * which what cannot be printed is escaped as `\u{...}`. It is shortened to `max` characters, counted as code points, and
 * then ends with `…`. It never throws, and costs no more for long text than for short.
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

/** The same for text of several lines, such as a stack: line feeds and tabs stay, and so does its length. */
export function safeLines(text: string): string {
  return text.replace(/[^\n\t\P{C}]|[\p{Zl}\p{Zp}]/gu, escaped);
}

/** An error for the log, with its stack. Its message may repeat text of a client, and stays on one line. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return safeText(inspect(error), 1000);
  const { message, stack } = error;
  const safe = safeText(message, 1000);
  return stack === undefined ? safe : safeLines(stack.replace(message, () => safe));
}

function escaped(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
