import type { AuditEntry } from '../model/audit.js';
import type { Metrics } from '../model/metrics.js';
import { clockAheadMs } from './service-clock.js';

/** The response to a request for the audit log of a node. */
export interface AuditResponse {
  /** Whether the node records actions. */
  readonly isOn: boolean;
  readonly trailId: string;
  /** The position for the next request. */
  readonly cursor: string;
  readonly entries: readonly AuditEntry[];
}

type Values = Readonly<Record<string, number>>;

/** Metrics that were read now. */
export interface CurrentMetrics {
  readonly metrics: Metrics;
  /** How far the clock of the service is ahead of the local clock, in milliseconds. 0 if that cannot be measured. */
  readonly clockAheadMs: number;
}

/** Metrics and the time of the monotonic clock of this page at which they were taken, in milliseconds. */
export interface PastMetrics {
  readonly metrics: Metrics;
  readonly at: number;
}

/** Calls what the server has for the dashboard alone, with the token of an admin. */
export class DashboardApi {
  constructor(private readonly token: string) {}

  /** Returns the actions after a cursor. Throws if the service cannot be reached or rejects the token. */
  audit(cursor: string, signal: AbortSignal): Promise<AuditResponse> {
    return this.get(`audit?cursor=${encodeURIComponent(cursor)}`, {}, signal);
  }

  /** Returns the groups of a user. Throws as `audit` does. */
  async groups(userId: string, signal: AbortSignal): Promise<readonly string[]> {
    const headers = { 'presence-user': encodeURIComponent(userId) };
    const { groups } = await this.get<{ groups: string[] }>('groups', headers, signal);
    return groups;
  }

  /** Returns the metrics of the node that responds. Throws as `audit` does. */
  async metrics(signal: AbortSignal): Promise<CurrentMetrics> {
    const response = await this.request('metrics', {}, signal);
    return {
      metrics: metricsOf((await response.json()) as Values),
      clockAheadMs: clockAheadMs(response),
    };
  }

  /** Returns what the node remembers from before this page was opened, oldest first. Throws as `audit` does. */
  async pastMetrics(signal: AbortSignal): Promise<readonly PastMetrics[]> {
    type AgedSample = { readonly ageMs: number; readonly values: Values };
    const samples = await this.get<readonly AgedSample[]>('metrics/history', {}, signal);
    const now = performance.now();
    return samples.map(({ ageMs, values }) => ({ metrics: metricsOf(values), at: now - ageMs }));
  }

  private async get<T>(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<T> {
    return (await (await this.request(path, headers, signal)).json()) as T;
  }

  private async request(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const response = await fetch(`/dashboard/${path}`, {
      headers: { ...headers, authorization: `Bearer ${this.token}` },
      signal,
      cache: 'no-store',
    });
    if (!response.ok) throw new Error(`the server responded with ${response.status}`);
    return response;
  }
}

function metricsOf(values: Values): Metrics {
  return new Map(Object.entries(values));
}
