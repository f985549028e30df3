import { PartitionLeases, type PartitionLease } from '../partition-leases.js';

/**
 * The only node has every lease. It stores no positions, because they would end with the process, like the users in the
 * store.
 */
export class MemoryPartitionLeases extends PartitionLeases {
  readonly partitions = 1;
  readonly renewEveryMs = 1000;

  acquire(): Promise<PartitionLease> {
    return Promise.resolve({
      position: undefined,
      isValid: true,
      renew: () => Promise.resolve('held'),
      release: () => Promise.resolve(),
    });
  }
}
