import { inspect } from 'node:util';
import { Logger, type LoggerService } from '@nestjs/common';
import { vi } from 'vitest';

/**
 * Everything that this process logs, at any level and by any library, until `restore` is called.
 */
export class CapturedLog implements LoggerService {
  private readonly lines: string[] = [];

  static start(): CapturedLog {
    const log = new CapturedLog();
    Logger.overrideLogger(log);
    // Libraries write to the console directly, without Nest's Logger.
    for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
      vi.spyOn(console, method).mockImplementation((...parts) => log.keep(...parts));
    }
    return log;
  }

  get text(): string {
    return this.lines.join('\n');
  }

  readonly log = this.keep.bind(this);
  readonly error = this.keep.bind(this);
  readonly warn = this.keep.bind(this);
  readonly debug = this.keep.bind(this);
  readonly verbose = this.keep.bind(this);
  readonly fatal = this.keep.bind(this);

  restore(): void {
    Logger.overrideLogger(false);
    vi.restoreAllMocks();
  }

  private keep(...parts: unknown[]): void {
    // The contents of errors and objects are included at any depth.
    this.lines.push(parts.map((part) => inspect(part, { depth: 20 })).join(' '));
  }
}

/** The lines that the loggers of Nest write at the levels `warn` and `log`, as a list that grows, until Vitest restores its mocks. */
export function captureLines(): {
  readonly warnings: readonly string[];
  readonly lines: readonly string[];
} {
  const warnings: string[] = [];
  const lines: string[] = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((text) => void warnings.push(`${text}`));
  vi.spyOn(Logger.prototype, 'log').mockImplementation((text) => void lines.push(`${text}`));
  return { warnings, lines };
}
