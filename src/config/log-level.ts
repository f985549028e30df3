/** The values of LOG_LEVEL, the least verbose first. */
export const logLevelNames = ['fatal', 'error', 'warn', 'info', 'debug', 'verbose'] as const;

export type LogLevelName = (typeof logLevelNames)[number];

/** The values of LOG_FORMAT: one line of JSON per entry, or lines for people. */
export const logFormatNames = ['json', 'text'] as const;

export type LogFormatName = (typeof logFormatNames)[number];
