const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'the user of this process lacks the permission',
};

/** The server cannot listen on a configured address. The message is a sentence for the operator. */
export class CannotListen extends Error {
  /** `what` names the settings and the address. */
  constructor(what: string, cause: unknown) {
    const text = String(cause);
    const code = Object.keys(REASONS).find((known) => text.includes(known));
    super(`Cannot listen on ${what} (${code === undefined ? text : REASONS[code]}).`, { cause });
  }
}
