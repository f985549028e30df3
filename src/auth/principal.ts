/** Who makes a call, as a verified token says. */
export interface Principal {
  readonly userId: string;
  /** Whether the caller may name other users. */
  readonly isAdmin: boolean;
  /** Milliseconds since the epoch when the token stops being accepted, leeway counted in. Undefined: never. */
  readonly expiresAt: number | undefined;
}

/** The scope in a token that makes its caller an admin. */
export const ADMIN_SCOPE = 'presence:admin';
