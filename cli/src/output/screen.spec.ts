import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Screen } from './screen.js';

describe('A screen', () => {
  let written = '';
  function screen(rows: number): Screen {
    written = '';
    const output = new Writable({
      write: (chunk, _, done) => {
        written += String(chunk);
        done();
      },
    });
    return new Screen(Object.assign(output, { rows }) as unknown as NodeJS.WriteStream);
  }

  /** Returns the output since the last call, with visible escape codes. Codes that are always present are removed. */
  function taken(): string {
    const visible = written.replaceAll('\u001b', '^').replaceAll(/\^\[\?(25|7)[hl]/g, '');
    written = '';
    return visible;
  }

  it('draws over all lines that it has drawn before', () => {
    const it = screen(24);
    it.draw(['a', 'b']);
    expect(taken()).toBe('a\nb\n');
    it.draw(['c']);
    expect(taken()).toBe('^[2A^[1G^[0Jc\n');
    it.draw(['d']);
    expect(taken()).toBe('^[1A^[1G^[0Jd\n');
  });

  it('omits the lines that do not fit in the terminal, and shows their number', () => {
    screen(4).draw(['a', 'b', 'c', 'd', 'e']);
    expect(taken()).toBe('a\nb\n… 3 more\n');
  });

  it('hides the cursor until it is released, and wraps no line', () => {
    const it = screen(24);
    it.draw(['a']);
    expect(written).toBe('\u001b[?25l\u001b[?7la\n\u001b[?7h');
    it.release();
    expect(written.endsWith('\u001b[?25h')).toBe(true);
  });
});
