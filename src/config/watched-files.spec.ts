import { describe, expect, it, vi } from 'vitest';
import { ConfigError } from './config-error.js';
import { WatchedFiles } from './watched-files.js';

/** Returns a watch over a file that holds, at each read, the next of some contents. */
function watch(contents: readonly (string | Error)[]) {
  const warn = vi.fn();
  const applied: string[] = [];
  let reads = 0;
  const watched = new WatchedFiles('first', {
    read: () => {
      const content = contents[Math.min(reads++, contents.length - 1)]!;
      return typeof content === 'string' ? Promise.resolve(content) : Promise.reject(content);
    },
    isSame: (one, other) => one === other,
    apply: (value) => applied.push(value),
    otherwise: 'The first stays.',
    logger: { warn },
  });
  return { watched, applied, warn };
}

const INVALID = new ConfigError(['The file is invalid.']);

describe('watched files', () => {
  it('apply a change once', async () => {
    const { watched, applied } = watch(['first', 'second']);
    for (let i = 0; i < 3; i++) await watched.check();
    expect(applied).toEqual(['second']);
    expect(watched.current).toBe('second');
  });

  it('apply no text that was only half-written', async () => {
    const { watched, applied } = watch(['seco', 'second', 'second']);
    await watched.check();
    expect(applied).toEqual([]);
    expect(watched.current).toBe('first');
    await watched.check();
    expect(applied).toEqual(['second']);
  });

  it('keep the last valid value while the files are invalid', async () => {
    const { watched, applied } = watch([INVALID]);
    for (let i = 0; i < 3; i++) await watched.check();
    expect(applied).toEqual([]);
    expect(watched.current).toBe('first');
  });

  it('cause one warning while the same error lasts, and another one after a recovery', async () => {
    const { watched, warn } = watch([INVALID, INVALID, INVALID, 'first', INVALID, INVALID]);
    for (let i = 0; i < 3; i++) await watched.check();
    expect(warn.mock.calls).toEqual([['The file is invalid. The first stays.']]);
    for (let i = 0; i < 3; i++) await watched.check();
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('cause no warning if they are missing at one check only', async () => {
    const { watched, warn, applied } = watch([INVALID, 'second']);
    for (let i = 0; i < 2; i++) await watched.check();
    expect(warn).not.toHaveBeenCalled();
    expect(applied).toEqual(['second']);
  });

  it('report errors that are no mistake of the operator', async () => {
    const { watched } = watch([new Error('a fault')]);
    await expect(watched.check()).rejects.toThrow('a fault');
  });
});
