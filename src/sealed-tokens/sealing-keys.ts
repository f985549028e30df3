import { randomBytes } from 'node:crypto';

/**
 * What the keys of tokens are made of, the same on all nodes of a service. The secret before the present one is kept,
 * so that a change does not void the tokens that clients hold.
 */
export class SealingKeys {
  private secrets: readonly string[] = [randomBytes(32).toString('base64url')];

  /** The one that tokens are sealed with. Random until another one is agreed on. */
  get current(): string {
    return this.secrets[0]!;
  }

  /** Those that tokens are opened with, the present one first. The same array until they change. */
  get keys(): readonly string[] {
    return this.secrets;
  }

  /** Seals with this one from now on. */
  rotate(secret: string): void {
    if (secret !== this.current) this.secrets = [secret, this.current];
  }
}
