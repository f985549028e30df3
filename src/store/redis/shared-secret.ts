import type { SealingSecrets } from '../../seal/sealing-secrets.js';
import type { RedisPort } from './redis-port.js';

/**
 * Keeps the secret of tokens the same on all nodes: it is the one in Redis. Looked at again and again, so that an
 * emptied Redis is given it back and another one that is put there is taken up.
 */
export class SharedSecret {
  constructor(
    private readonly port: RedisPort,
    private readonly key: string,
    private readonly secrets: SealingSecrets,
  ) {}

  async agree(): Promise<void> {
    this.secrets.adopt(await this.port.getOrSet(this.key, this.secrets.current));
  }
}
