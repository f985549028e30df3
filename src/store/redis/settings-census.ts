import type { Logger } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import type { Policy } from '../../domain/policy.js';
import type { RedisClient } from './redis-client.js';

/** The settings that must be equal on all nodes, because each node applies its own. */
export type SharedSettings = Policy &
  Config['access'] &
  Pick<Config['auth'], 'maxTokenLifetimeMs'> &
  Pick<Config['streams'], 'maxEventAgeMs'>;

const SETTINGS: Readonly<Record<keyof SharedSettings, string>> = {
  idleTimeoutMs: 'IDLE_TIMEOUT_MS',
  heartbeatTimeoutMs: 'HEARTBEAT_TIMEOUT_MS',
  reconnectGraceMs: 'RECONNECT_GRACE_MS',
  maxSessionsPerUser: 'MAX_SESSIONS_PER_USER',
  visibility: 'VISIBILITY',
  channelAccess: 'CHANNEL_ACCESS',
  maxTokenLifetimeMs: 'AUTH_MAX_TOKEN_LIFETIME_MS',
  maxEventAgeMs: 'EVENT_LOG_MAX_AGE_MS',
};

/** The format of pub/sub messages that this version reads besides the first one: messages with changes. */
const MESSAGE_FORMAT = 2;

/** The settings and abilities that a node announces to the others. */
type Announced = SharedSettings & { readonly messageFormat: number };

/** The behaviour of nodes of earlier releases, which do not write these settings. */
const BEFORE: Partial<SharedSettings> = { visibility: 'everyone', channelAccess: 'any' };

export interface SettingsCensusOptions {
  readonly port: RedisClient;
  /** The Redis hash to which the nodes write their settings. */
  readonly key: string;
  readonly node: () => string;
  readonly alive: () => readonly string[];
  readonly settings: SharedSettings;
  readonly logger: Pick<Logger, 'warn'>;
}

/**
 * Finds nodes with different settings. Different timeouts do no harm to users, because a session keeps the timeouts that
 * it started with. But a node with other access settings may show users and channels that the other nodes do not show, and one with a
 * shorter maximum lifetime of tokens forgets revocations that the other nodes still need. The age of events decides how long the
 * partition logs keep commits, so it must not depend on which node trims them.
 */
export class SettingsCensus {
  private others = 0;
  /** The formats of pub/sub messages that the nodes read. Undefined: a node of an earlier release. */
  private formats: ReadonlyMap<string, number | undefined> = new Map();
  private areAllNew = false;
  private warned = '';

  constructor(private readonly options: SettingsCensusOptions) {}

  /** The number of live nodes whose settings differ from those of this node. */
  get differing(): number {
    return this.others;
  }

  /** Whether all live nodes read pub/sub messages with changes. */
  get allReadChanges(): boolean {
    return this.areAllNew;
  }

  /** Finds out which pub/sub messages the live nodes read. A node of which nothing is known may be of an earlier release. */
  async checkFormats(): Promise<void> {
    const nodes = this.options.alive();
    if (nodes.some((node) => !this.formats.has(node))) await this.compare();
    this.areAllNew = nodes.every((node) => (this.formats.get(node) ?? 1) >= MESSAGE_FORMAT);
  }

  async compare(): Promise<void> {
    const { port, key, node, alive, settings } = this.options;
    const own: Announced = { ...settings, messageFormat: MESSAGE_FORMAT };
    const all = await port.writeField(key, node(), JSON.stringify(own));
    const living = new Set(alive());
    const names = new Set<string>();
    this.others = 0;
    const formats = new Map<string, number | undefined>();
    for (const [other, text] of all) {
      if (!living.has(other)) {
        await port.removeField(key, other);
        continue;
      }
      const announced = JSON.parse(text) as Partial<Announced>;
      formats.set(other, announced.messageFormat);
      const differing = namesOfDiffering(settings, {
        ...BEFORE,
        // Nodes of earlier releases do not write it, so nothing is known of it.
        maxEventAgeMs: settings.maxEventAgeMs,
        ...announced,
      });
      for (const name of differing) names.add(name);
      if (differing.length > 0) this.others++;
    }
    this.formats = formats;
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

function namesOfDiffering(own: SharedSettings, other: Partial<SharedSettings>): readonly string[] {
  const fields = Object.keys(SETTINGS) as (keyof SharedSettings)[];
  return fields.filter((field) => own[field] !== other[field]).map((field) => SETTINGS[field]);
}
