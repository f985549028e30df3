import { afterEach, beforeEach, vi } from 'vitest';

/**
 * Replaces the timers by which events are flushed, and the clock that measures flushes, for each
 * test of the file or `describe`. They advance only by `vi`.
 */
export function useFakeTimers(): void {
  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'],
    });
  });
  afterEach(() => void vi.useRealTimers());
}
