/** The settings cannot be used as they are. The message is meant to be read by whoever started the server. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    /** One sentence per mistake. None holds the value of a secret. */
    readonly mistakes: readonly string[],
  ) {
    super(
      ['These settings cannot be used:', ...mistakes.map((mistake) => `  ${mistake}`)].join('\n'),
    );
  }
}
