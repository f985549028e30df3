import { randomBytes } from 'node:crypto';

/**
 * The secrets from which the keys of tokens are derived. All nodes of a cluster share them. The previous secret is
 * kept, so that a change does not invalidate the tokens that clients hold.
 */
export class SealingKeys {
  private secrets: readonly string[] = [randomBytes(32).toString('base64url')];

  /** The secret that encrypts new tokens. It is random until the nodes agree on a shared one. */
  get current(): string {
    return this.secrets[0]!;
  }

  /**
   * The secrets that decrypt tokens, the current one first. The array object changes only when the secrets change.
   */
  get keys(): readonly string[] {
    return this.secrets;
  }

  /** Makes `secret` the current secret and keeps the one before it. */
  rotate(secret: string): void {
    if (secret !== this.current) this.secrets = [secret, this.current];
  }
}
