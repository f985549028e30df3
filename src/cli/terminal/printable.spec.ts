import { expect, it } from 'vitest';
import { escapeControls } from './printable.js';

it('text of others neither paints the terminal, breaks the line nor turns the text around it', () => {
  expect(escapeControls('a\u001b[31mb\nc\u0007\u202ed')).toBe(
    'a\\u{1b}[31mb\\u{a}c\\u{7}\\u{202e}d',
  );
});

it('text of others is left as it is otherwise', () => {
  expect(escapeControls('Grüße, 日本 👩‍💻')).toBe('Grüße, 日本 👩‍💻');
});
