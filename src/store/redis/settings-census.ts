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
  /** The Redis hash to which the nodes write their settings. */
  readonly key: string;
  readonly node: () => string;
  readonly alive: () => readonly string[];
  readonly policy: Policy;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Finds nodes with different rule settings. This does no harm to users, because a session keeps the settings that it
 * started with. But it should end with the rollout that caused it.
 */
export class SettingsCensus {
  private others = 0;
  private warned = '';

  constructor(private readonly options: SettingsCensusOptions) {}

  /** The number of live nodes whose settings differ from those of this node. */
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
      this.options.logger.warn(
        `Other nodes have different values of ${names}; set the same values on all nodes`,
      );
    }
    this.warned = names;
  }
}

function namesOfDiffering(own: Policy, other: Partial<Policy>): readonly string[] {
  const fields = Object.keys(SETTINGS) as (keyof Policy)[];
  return fields.filter((field) => own[field] !== other[field]).map((field) => SETTINGS[field]);
}
