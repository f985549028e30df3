import type { LogLevel } from '@nestjs/common';

/** The values of LOG_LEVEL, the fewest lines first. */
export const logLevelNames = ['fatal', 'error', 'warn', 'info', 'debug', 'verbose'] as const;

export type LogLevelName = (typeof logLevelNames)[number];

/** The level and all graver ones, in the words of Nest, where `info` is `log`. */
export function nestLogLevels(name: LogLevelName): LogLevel[] {
  return logLevelNames
    .slice(0, logLevelNames.indexOf(name) + 1)
    .map((level) => (level === 'info' ? 'log' : level));
}
