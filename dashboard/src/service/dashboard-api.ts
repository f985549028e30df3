import type { AuditEntry } from '../model/audit.js';

/** The response to a request for the audit log of a node. */
export interface AuditResponse {
  /** Whether the node records actions. */
  readonly isOn: boolean;
  readonly trailId: string;
  /** The position for the next request. */
  readonly cursor: string;
  readonly entries: readonly AuditEntry[];
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

  private async get<T>(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<T> {
    const response = await fetch(`/dashboard/${path}`, {
      headers: { ...headers, authorization: `Bearer ${this.token}` },
      signal,
      cache: 'no-store',
    });
    if (!response.ok) throw new Error(`the server responded with ${response.status}`);
    return (await response.json()) as T;
  }
}
