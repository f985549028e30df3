/** The limits on the number of connections. Zero means unlimited. */
export interface AdmissionLimits {
  readonly max: number;
  readonly maxPerAddress: number;
}

/** Counts connections, in total and by network, and rejects those above a limit. */
export class ConnectionLimiter {
  private count = 0;
  private readonly ofNetwork = new Map<string, number>();

  constructor(private readonly limits: AdmissionLimits) {}

  /** The number of accepted connections. */
  get size(): number {
    return this.count;
  }

  /** Counts a new connection, or returns the limit that it exceeds. */
  acquire(
    network: string | undefined,
  ): 'max_connections' | 'max_connections_per_address' | undefined {
    const { max, maxPerAddress } = this.limits;
    if (max > 0 && this.count >= max) return 'max_connections';
    const ofNetwork = this.ofNetwork.get(network ?? '') ?? 0;
    if (maxPerAddress > 0 && ofNetwork >= maxPerAddress) return 'max_connections_per_address';
    this.count++;
    if (network !== undefined) this.ofNetwork.set(network, ofNetwork + 1);
    return undefined;
  }

  release(network: string | undefined): void {
    this.count--;
    if (network === undefined) return;
    const ofNetwork = this.ofNetwork.get(network)! - 1;
    if (ofNetwork > 0) this.ofNetwork.set(network, ofNetwork);
    else this.ofNetwork.delete(network);
  }
}
