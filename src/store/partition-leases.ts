/** Up to which commit the events of a partition were delivered. */
export interface DeliveryPosition {
  readonly seq: number;
  readonly mark: number;
  /** The service time of the last delivered event, in milliseconds since the epoch. */
  readonly occurredAt: number;
}

/**
 * The result of renewing a lease. `wanted`: the node that should deliver the partition waits for the lease. `lost`: another
 * node has the lease, so its holder must not deliver any more.
 */
export type Renewal = 'held' | 'wanted' | 'lost';

/** The right to deliver the events of a partition, which one node at a time has. */
export interface PartitionLease {
  /** The position of the partition when the lease was acquired. Undefined: the store does not know one. */
  readonly position: DeliveryPosition | undefined;
  /** Whether the lease lasts until now even by a slow clock. */
  readonly isValid: boolean;
  /** Extends the lease and stores the position. It stores nothing for a lost lease. */
  renew(position: DeliveryPosition | undefined): Promise<Renewal>;
  /** Stores the position and ends the lease, so that another node can acquire it at once. */
  release(position: DeliveryPosition | undefined): Promise<void>;
}

/** Decides which node delivers the events of a partition to the backend, and keeps the positions. */
export abstract class PartitionLeases {
  /** The number of partitions. */
  abstract readonly partitions: number;

  /** Milliseconds after which a holder renews a lease, and others try again to acquire it. */
  abstract readonly renewEveryMs: number;

  /** Acquires the lease of a partition. Undefined: another node has it, or has precedence. */
  abstract acquire(partition: number): Promise<PartitionLease | undefined>;
}
