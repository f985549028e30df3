import type { SealingKeys } from '../../sealed-tokens/sealing-keys.js';
import type { RedisClient } from './redis-client.js';

/**
 * Keeps the secret of tokens the same on all nodes: the one in Redis is valid. It is checked regularly, to restore it
 * in a Redis that lost its data, and to adopt a new one that was stored there.
 */
export class SharedSecret {
  private isAgreed = false;

  constructor(
    private readonly port: RedisClient,
    private readonly key: string,
    private readonly secrets: SealingKeys,
    /** Called when Redis has lost the agreed secret. */
    private readonly onLost: () => void,
  ) {}

  async sync(): Promise<void> {
    const found = await this.port.getOrSet(this.key, this.secrets.current);
    if (found !== undefined) this.secrets.rotate(found);
    else if (this.isAgreed) this.onLost();
    this.isAgreed = true;
  }
}
