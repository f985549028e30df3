/** A token, or where one is asked for whenever one is needed. */
export type TokenOption = string | (() => string | Promise<string>);

/** Keeps the token until it is known to be no good, so that all calls share one, and one question for it. */
export class TokenSource {
  private answer: Promise<string> | undefined;
  private token: string | undefined;

  constructor(private readonly option: TokenOption) {}

  get(): Promise<string> {
    if (this.answer === undefined) {
      const answer = this.ask();
      this.answer = answer;
      answer.catch(() => {
        if (this.answer === answer) this.answer = undefined;
      });
    }
    return this.answer;
  }

  /** Has the next call ask again, unless somebody else has already asked since this token was given. */
  discard(token: string): void {
    if (this.token === token) this.answer = undefined;
  }

  private async ask(): Promise<string> {
    this.token = typeof this.option === 'string' ? this.option : await this.option();
    return this.token;
  }
}

/** When a JWT expires, in milliseconds since 1970. Undefined: it does not say, or is of another kind. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
