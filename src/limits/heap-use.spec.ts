import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

/**
 * A program that fills its heap with old objects, and writes the heap use in percent, as `HeapUse` computes it, until V8
 * ends the process.
 */
const FILL_THE_HEAP = `
  const kept = [];
  for (;;) {
    for (let i = 0; i < 4000; i++) kept.push({ text: 'x' + kept.length, more: { i } });
    const { used_heap_size, heap_size_limit } = require('node:v8').getHeapStatistics();
    require('node:fs').writeSync(1, (100 * used_heap_size / heap_size_limit).toFixed() + '\\n');
  }`;

it.each([64, 100, 300])(
  'reaches 75 percent before V8 ends a process with --max-heap-size=%s',
  (megabytes) => {
    const args = [`--max-heap-size=${megabytes}`, '-e', FILL_THE_HEAP];
    const { stdout, signal } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(signal).toBe('SIGABRT');
    expect(Math.max(...stdout.trim().split('\n').map(Number))).toBeGreaterThan(75);
  },
);
