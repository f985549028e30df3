/** How many connections there may be. Zero: any number. */
export interface AdmissionLimits {
  readonly max: number;
  readonly maxPerAddress: number;
}

/** Counts connections, in all and by network, and says who is one too many. */
export class ConnectionLimiter {
  private count = 0;
  private readonly ofNetwork = new Map<string, number>();

  constructor(private readonly limits: AdmissionLimits) {}

  /** How many are in. */
  get size(): number {
    return this.count;
  }

  /** Lets one in, or says which limit keeps it out. */
  enter(network: string | undefined): 'full' | 'network_full' | undefined {
    const { max, maxPerAddress } = this.limits;
    if (max > 0 && this.count >= max) return 'full';
    const ofNetwork = this.ofNetwork.get(network ?? '') ?? 0;
    if (maxPerAddress > 0 && ofNetwork >= maxPerAddress) return 'network_full';
    this.count++;
    if (network !== undefined) this.ofNetwork.set(network, ofNetwork + 1);
    return undefined;
  }

  leave(network: string | undefined): void {
    this.count--;
    if (network === undefined) return;
    const ofNetwork = this.ofNetwork.get(network)! - 1;
    if (ofNetwork > 0) this.ofNetwork.set(network, ofNetwork);
    else this.ofNetwork.delete(network);
  }
}
