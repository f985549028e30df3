import { Logger } from '@nestjs/common';
import { config, Subject } from 'rxjs';
import { afterEach, expect, it, vi } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { logSubscriberErrors } from './library-logs.js';

afterEach(() => {
  config.onUnhandledError = null;
  vi.restoreAllMocks();
});

it('an error of a subscriber is logged and does not end the process', async () => {
  const logged = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  const uncaught = vi.fn();
  process.on('uncaughtExceptionMonitor', uncaught);
  logSubscriberErrors();
  const source = new Subject<number>();
  source.subscribe(() => {
    throw new Error('a fault of this subscriber');
  });
  source.next(1);
  await eventually(() => logged.mock.calls.length, 1);
  expect(logged.mock.lastCall?.[0]).toContain('a fault of this subscriber');
  expect(uncaught).not.toHaveBeenCalled();
  process.off('uncaughtExceptionMonitor', uncaught);
});
