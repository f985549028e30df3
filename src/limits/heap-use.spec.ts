import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { oldSpaceOf } from './heap-use.js';

const MB = 2 ** 20;

/** Returns the heap limit of V8 with these options, in bytes, for the Node.js that runs this test. */
function limitWith(...options: readonly string[]): number {
  const asked = 'process.stdout.write(`${v8.getHeapStatistics().heap_size_limit}`)';
  return Number(execFileSync(process.execPath, [...options, '-e', asked]));
}

describe('The space for old objects', () => {
  it('is what the flag says, whatever V8 adds for young ones', () => {
    expect(oldSpaceOf(288 * MB, ['', '--max-old-space-size=96'])).toBe(96 * MB);
    expect(oldSpaceOf(144 * MB, ['--inspect --max_old_space_size=96'])).toBe(96 * MB);
  });

  it('is what the command line says, where the environment says something else', () => {
    expect(oldSpaceOf(0, ['--max-old-space-size=96', '--max-old-space-size=200'])).toBe(200 * MB);
  });

  it('is otherwise within 5 % of what V8 chose', () => {
    const limit = limitWith();
    // The flag fixes only the space for old objects. The rest of the limit is for young objects.
    const young = limitWith('--max-old-space-size=1000') - 1000 * MB;
    expect(Math.abs(oldSpaceOf(limit, []) / (limit - young) - 1)).toBeLessThan(0.05);
  });
});
