import { AuditTrail } from '../model/audit.js';
import type { DashboardApi } from './dashboard-api.js';

/** The interval between two requests for new actions, in milliseconds. */
const EVERY_MS = 3000;

/** `off`: the node records no actions. */
export type AuditState = 'loading' | 'live' | 'off' | 'failed';

/** The actions of admins and moderators, requested while they are visible. */
export class AuditFeed {
  readonly trail = new AuditTrail();
  state: AuditState = 'loading';
  private stop: AbortController | undefined;
  private cursor = '';

  /** `onChange` is called when the actions or the state have changed. */
  constructor(
    private readonly api: DashboardApi,
    private readonly onChange: () => void,
  ) {}

  /** Starts to request the actions. Returns a function that ends this. */
  open(): () => void {
    const stop = new AbortController();
    this.stop = stop;
    void this.follow(stop.signal);
    return () => stop.abort();
  }

  close(): void {
    this.stop?.abort();
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.request(signal);
      if (signal.aborted) return;
      this.onChange();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  private async request(signal: AbortSignal): Promise<void> {
    try {
      const { isOn, trailId, cursor, entries } = await this.api.audit(this.cursor, signal);
      this.trail.add(trailId, entries);
      this.cursor = cursor;
      this.state = isOn ? 'live' : 'off';
    } catch {
      this.state = 'failed';
    }
  }
}
