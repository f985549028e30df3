import type { Logger } from '@nestjs/common';
import type { Policy } from '../../domain/policy.js';
import type { RedisClient } from './redis-client.js';

const SETTINGS: Readonly<Record<keyof Policy, string>> = {
  idleTimeoutMs: 'IDLE_TIMEOUT_MS',
  heartbeatTimeoutMs: 'HEARTBEAT_TIMEOUT_MS',
  reconnectGraceMs: 'RECONNECT_GRACE_MS',
  maxSessionsPerUser: 'MAX_SESSIONS_PER_USER',
};

export interface SettingsCensusOptions {
  readonly port: RedisClient;
  /** Where the nodes write what they are configured with. */
  readonly key: string;
  readonly node: () => string;
  readonly alive: () => readonly string[];
  readonly policy: Policy;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Finds out which nodes have other settings of the rules. That is no fault for the users, since a session keeps what it
 * began with, but should end with the rollout of which it is a part.
 */
export class SettingsCensus {
  private others = 0;
  private warned = '';

  constructor(private readonly options: SettingsCensusOptions) {}

  /** How many nodes that are alive have other settings than this one. */
  get differing(): number {
    return this.others;
  }

  async compare(): Promise<void> {
    const { port, key, node, alive, policy } = this.options;
    const all = await port.writeField(key, node(), JSON.stringify(policy));
    const living = new Set(alive());
    const names = new Set<string>();
    this.others = 0;
    for (const [other, text] of all) {
      if (!living.has(other)) {
        await port.removeField(key, other);
        continue;
      }
      const differing = namesOfDiffering(policy, JSON.parse(text) as Partial<Policy>);
      for (const name of differing) names.add(name);
      if (differing.length > 0) this.others++;
    }
    this.warn([...names].sort().join(', '));
  }

  private warn(names: string): void {
    if (names !== '' && names !== this.warned) {
      this.options.logger.warn(`other nodes have another ${names}; give all nodes the same`);
    }
    this.warned = names;
  }
}

function namesOfDiffering(own: Policy, other: Partial<Policy>): readonly string[] {
  const fields = Object.keys(SETTINGS) as (keyof Policy)[];
  return fields.filter((field) => own[field] !== other[field]).map((field) => SETTINGS[field]);
}
