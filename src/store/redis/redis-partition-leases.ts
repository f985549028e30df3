import { randomBytes } from 'node:crypto';
import {
  PartitionLeases,
  type DeliveryPosition,
  type PartitionLease,
  type Renewal,
} from '../partition-leases.js';
import type { PartitionKeys } from './keys.js';
import type { RedisClient } from './redis-client.js';
import { scripts } from './script.js';

const RENEWALS: Readonly<Record<string, Renewal>> = { OK: 'held', WANTED: 'wanted', LOST: 'lost' };

export interface LeaseOptions {
  readonly port: RedisClient;
  readonly keys: readonly PartitionKeys[];
  /** Whether this node is the rendezvous owner of a partition. */
  readonly isMine: (partition: number) => boolean;
  /** Milliseconds for which a node may deliver without renewing a lease. */
  readonly leaseMs: number;
  /** Milliseconds between two renewals. */
  readonly renewEveryMs: number;
  /**
   * Milliseconds for which a lease must have been free before another node than the owner acquires it, and for which the
   * request of the owner for it counts.
   */
  readonly freeMs: number;
}

/**
 * The leases in Redis, by its clock. The rendezvous owner of a partition acquires the lease as soon as it is free, and makes
 * another holder give it up. Other nodes acquire it only if the owner does not, because it has a version without webhooks.
 */
export class RedisPartitionLeases extends PartitionLeases {
  readonly partitions: number;
  readonly renewEveryMs: number;

  constructor(private readonly options: LeaseOptions) {
    super();
    this.partitions = options.keys.length;
    this.renewEveryMs = options.renewEveryMs;
  }

  async acquire(partition: number): Promise<PartitionLease | undefined> {
    const { port, keys, isMine, leaseMs, freeMs } = this.options;
    const { webhooks } = keys[partition]!;
    const owner = randomBytes(9).toString('base64url');
    const begun = performance.now();
    const isOwner = isMine(partition);
    const args = [owner, leaseMs, isOwner ? 0 : freeMs, isOwner ? '1' : '0'];
    const reply = (await port.run(scripts.acquireLease, [webhooks], args)) as string[];
    if (reply[0] !== 'OK') return undefined;
    return new RedisLease(this.options, webhooks, owner, begun + leaseMs, positionOf(reply));
  }
}

class RedisLease implements PartitionLease {
  constructor(
    private readonly options: LeaseOptions,
    private readonly key: string,
    /** Identifies this acquisition. A node that acquires the lease again has another one. */
    private readonly owner: string,
    /** The end of the lease by `performance.now()`, counted from before the request. */
    private endsAt: number,
    readonly position: DeliveryPosition | undefined,
  ) {}

  get isValid(): boolean {
    return performance.now() < this.endsAt;
  }

  async renew(position: DeliveryPosition | undefined): Promise<Renewal> {
    const { leaseMs } = this.options;
    const begun = performance.now();
    const renewal = RENEWALS[await this.write(leaseMs, position)]!;
    this.endsAt = renewal === 'lost' ? 0 : Math.max(this.endsAt, begun + leaseMs);
    return renewal;
  }

  async release(position: DeliveryPosition | undefined): Promise<void> {
    this.endsAt = 0;
    await this.write(0, position);
  }

  private async write(durationMs: number, position: DeliveryPosition | undefined): Promise<string> {
    const stored = position ? [position.seq, position.mark, position.occurredAt] : [];
    const { port, freeMs } = this.options;
    const args = [this.owner, durationMs, freeMs, ...stored];
    return (await port.run(scripts.renewLease, [this.key], args)) as string;
  }
}

function positionOf([, seq, mark, at]: readonly string[]): DeliveryPosition | undefined {
  return seq === undefined
    ? undefined
    : { seq: Number(seq), mark: Number(mark), occurredAt: Number(at) };
}
