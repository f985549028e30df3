import type { SealingKeys } from '../../sealed-tokens/sealing-keys.js';
import type { RedisClient } from './redis-client.js';

/**
 * Keeps the secret of tokens the same on all nodes: it is the one in Redis. Looked at again and again, so that an
 * emptied Redis is given it back and another one that is put there is taken up.
 */
export class SharedSecret {
  private isAgreed = false;

  constructor(
    private readonly port: RedisClient,
    private readonly key: string,
    private readonly secrets: SealingKeys,
    /** Redis has lost the secret that was agreed on. */
    private readonly onLost: () => void,
  ) {}

  async sync(): Promise<void> {
    const found = await this.port.getOrSet(this.key, this.secrets.current);
    if (found !== undefined) this.secrets.rotate(found);
    else if (this.isAgreed) this.onLost();
    this.isAgreed = true;
  }
}
