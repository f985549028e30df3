import { describe, expect, it } from 'vitest';
import type { LogFormatName, LogLevelName } from '../config/log-level.js';
import { PinoLoggerService } from './pino-logger.service.js';

/** Creates a logger, and records its output. */
function open(format: LogFormatName, level: LogLevelName = 'info', isTTY = false) {
  const written = { stdout: '', stderr: '' };
  const logger = new PinoLoggerService(
    { format, level },
    {
      stdout: { isTTY, write: (text) => (written.stdout += text) },
      stderr: { isTTY, write: (text) => (written.stderr += text) },
    },
  );
  return { logger, written };
}

describe('A log of JSON', () => {
  it('writes a line per entry with its context and fields', () => {
    const { logger, written } = open('json');
    // Nest passes `new Logger('Session').log('A session began', { requestId })` in this form.
    logger.log('A session began', { requestId: 'r1' }, 'Session');
    expect(written.stdout.endsWith('\n')).toBe(true);
    const entry = JSON.parse(written.stdout) as Record<string, unknown>;
    expect(entry).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      pid: process.pid,
      context: 'Session',
      requestId: 'r1',
      message: 'A session began',
    });
  });

  it('keeps the stack of an error apart, on one line with all else', () => {
    const { logger, written } = open('json');
    logger.error('boom', 'Error: boom\n    at here', 'Somebody');
    expect(written.stderr.trimEnd()).not.toContain('\n');
    expect(JSON.parse(written.stderr)).toMatchObject({
      level: 'error',
      message: 'boom',
      stack: 'Error: boom\n    at here',
      context: 'Somebody',
    });
  });
});

describe('A log for people', () => {
  it('writes the same entry as text', () => {
    const { logger, written } = open('text');
    logger.warn('Too late', { requestId: 'r1', seconds: 2 }, 'Calls');
    expect(written.stdout).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} WARN \[Calls\] Too late requestId=r1 seconds=2\n$/,
    );
  });

  it('has the stack of an error below it', () => {
    const { logger, written } = open('text');
    logger.error(new Error('boom'), 'Somebody');
    expect(written.stderr).toMatch(/ERROR \[Somebody\] Error: boom\n {4}at /);
    logger.error('boom again', 'the stack', 'Somebody');
    expect(written.stderr).toMatch(/ERROR \[Somebody\] boom again\nthe stack\n$/);
  });

  it('is coloured on a terminal and nowhere else', () => {
    const { logger, written } = open('text', 'info', true);
    logger.log('Hello', 'Server');
    expect(written.stdout).toContain('\u001B[');
  });
});

describe('Any log', () => {
  it('has the entries of LOG_LEVEL and above, warnings and errors on standard error', () => {
    const { logger, written } = open('json', 'debug');
    logger.verbose('1', 'X');
    logger.debug('2', 'X');
    logger.log('3', 'X');
    logger.warn('4', 'X');
    logger.error('5', 'X');
    logger.fatal('6', 'X');
    const messages = (lines: string): string[] =>
      lines
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { readonly message: string }).message);
    expect(messages(written.stdout)).toEqual(['2', '3', '4']);
    expect(messages(written.stderr)).toEqual(['5', '6']);
  });

  it('leaves out the message of Nest about an error of the start, which is logged once', () => {
    const { logger, written } = open('json');
    logger.error('boom', 'the stack', 'ExceptionHandler');
    expect(written.stderr).toBe('');
  });
});
