/** The error for settings that cannot be used. Its message is for the person who started the server. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    /** One sentence per mistake, without the value of any secret. */
    readonly mistakes: readonly string[],
  ) {
    super(
      ['These settings cannot be used:', ...mistakes.map((mistake) => `  ${mistake}`)].join('\n'),
    );
  }
}
