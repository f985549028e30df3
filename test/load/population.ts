import type { Input, TokenGrants } from '../../src/domain/input.js';
import type { Policy } from '../../src/domain/policy.js';
import { step } from '../../src/domain/step.js';
import type { PresenceStore } from '../../src/store/presence-store.js';
import { Random } from '../chaos/random.js';

export const POLICY: Policy = {
  idleTimeoutMs: 300_000,
  heartbeatTimeoutMs: 15_000,
  reconnectGraceMs: 0,
  maxSessionsPerUser: 20,
};
const PER_CHANNEL = 10;
const PER_GROUP = 1000;

export interface PopulationSize {
  readonly users: number;
  readonly groupsPerUser: number;
  /** Whether the users of a group have the same other groups, or each user has groups of its own choice. */
  readonly groups: 'same' | 'different';
}

/** Users in a store, without connections, each in a channel of ten. Each group has about 1,000 of them. */
export class Population {
  readonly now = Date.now();
  private readonly order: Uint32Array;

  constructor(
    private readonly store: PresenceStore,
    readonly size: PopulationSize,
  ) {
    this.order = shuffled(size.users);
  }

  userId(i: number): string {
    return `user-${String(this.order[i]).padStart(8, '0')}`;
  }

  sessionId(i: number): string {
    return `session-${i}-of-the-bench`;
  }

  perform(i: number, input: Input): Promise<unknown> {
    return this.store.update(this.userId(i), (user) => step(user, input, this.now, POLICY));
  }

  /** Connects all users, in no particular order. */
  async connect(): Promise<void> {
    for (let i = 0; i < this.size.users; i++) {
      const sessionId = this.sessionId(i);
      await this.perform(i, {
        type: 'connect',
        sessionId,
        node: 'bench',
        platform: 'desktop',
        isMicrophoneMuted: undefined,
        isSpeakerMuted: undefined,
        requireHeartbeats: false,
        tokenExpiresAt: this.now + 86_400_000,
        previousSessionId: undefined,
        attributes: new Map(),
        remembered: undefined,
        ...(this.size.groupsPerUser > 0 && { token: tokenIn(groupsOf(i, this.size)) }),
      });
      const channelId = `channel-${Math.floor(i / PER_CHANNEL)}`;
      await this.perform(i, { type: 'joinChannel', sessionId, channelId, keepOthers: false });
    }
  }
}

function shuffled(count: number): Uint32Array {
  const random = new Random(1);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.between(0, i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function groupsOf(i: number, { users, groupsPerUser, groups }: PopulationSize): readonly string[] {
  const all = Math.ceil(users / PER_GROUP) * groupsPerUser;
  const random = new Random(i);
  const first = Math.floor(i / PER_GROUP) * groupsPerUser;
  const numbers = new Set<number>();
  while (numbers.size < groupsPerUser)
    numbers.add(groups === 'same' ? first + numbers.size : random.between(0, all - 1));
  return [...numbers].map((number) => `group-${number}`).sort();
}

function tokenIn(groups: readonly string[]): TokenGrants {
  return { groups, mayJoin: undefined, issuedAt: 1_764_000_000 };
}
