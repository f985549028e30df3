import { beforeEach, describe, expect, it } from 'vitest';
import { Printer } from './printer.js';

describe('A printer', () => {
  let lines: string[];
  let printer: Printer;
  beforeEach(() => {
    lines = [];
    printer = new Printer((line) => lines.push(line));
  });

  it('buffers lines while the user types, and then prints them in order', () => {
    printer.print('a');
    printer.hold();
    printer.print('b');
    printer.print('c');
    expect(lines).toEqual(['a']);
    printer.release();
    printer.print('d');
    expect(lines).toEqual(['a', 'b', 'c', 'd']);
  });

  it('buffers at most a thousand lines, and prints how many it has dropped', () => {
    printer.hold();
    for (let i = 0; i < 1002; i++) printer.print(`${i}`);
    printer.release();
    expect(lines.slice(0, 2)).toEqual(['(2 lines before these were dropped)', '2']);
    expect(lines).toHaveLength(1001);
  });
});
