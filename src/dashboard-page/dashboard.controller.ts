import { randomUUID } from 'node:crypto';
import {
  Controller,
  Get,
  Header,
  Headers,
  Query,
  Req,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { AuditLog, type AuditEntry } from '../audit/audit-log.js';
import { isIdentifier } from '../domain/identifier.js';
import { RejectedError } from '../domain/rejected-error.js';
import { PresenceStore } from '../store/presence-store.js';
import { AdminGuard, type AdminRequest } from './admin.guard.js';
import { MetricsHistory, type AgedSample, type MetricValues } from './metrics-history.js';
import { RejectionFilter } from './rejection.filter.js';

/** The response to `GET /dashboard/audit`. */
interface AuditResponse {
  /** Whether the node records actions: `AUDIT_LOG`. */
  readonly isOn: boolean;
  /** Identifies the node that responded. */
  readonly trailId: string;
  /** The position after these entries, for the next request. */
  readonly cursor: string;
  readonly entries: readonly AuditEntry[];
}

/** Serves to admins what the dashboard shows and the API does not have. It belongs to the page and is no public API. */
@Controller('dashboard')
@UseGuards(AdminGuard)
@UseFilters(RejectionFilter)
export class DashboardController {
  constructor(
    private readonly audit: AuditLog,
    private readonly store: PresenceStore,
    private readonly metrics: MetricsHistory,
  ) {}

  /** Returns the latest actions that this node has recorded, or with a cursor of this node those after it. */
  @Get('audit')
  @Header('Cache-Control', 'no-store')
  readAudit(@Query('cursor') cursor: unknown): AuditResponse {
    const { isOn, trailId } = this.audit;
    const after = numberIn(cursor, trailId);
    const entries = this.audit.recent(after);
    return { isOn, trailId, cursor: `${trailId}.${entries.at(-1)?.number ?? after}`, entries };
  }

  /** Returns the current values of the metrics that the dashboard shows. */
  @Get('metrics')
  @Header('Cache-Control', 'no-store')
  readMetrics(): Promise<MetricValues> {
    return this.metrics.current();
  }

  /** Returns the values of the last two minutes, oldest first. */
  @Get('metrics/history')
  @Header('Cache-Control', 'no-store')
  readMetricsHistory(): readonly AgedSample[] {
    return this.metrics.read();
  }

  /** Returns the groups of a user. The id is in a header, because the logs of proxies have the addresses of requests. */
  @Get('groups')
  @Header('Cache-Control', 'no-store')
  async readGroups(
    @Headers('presence-user') encoded: string | undefined,
    @Req() { caller }: AdminRequest,
  ): Promise<{ readonly groups: readonly string[] }> {
    const userId = userIdIn(encoded);
    const { sessions } = await this.store.get({ userId });
    this.audit.record('read groups', caller!, { userId, requestId: randomUUID() });
    return { groups: [...new Set(sessions.flatMap(({ groups }) => [...groups]))].sort() };
  }
}

/** Returns the number of a cursor of this node. 0: the request has no cursor, or one of another node. */
function numberIn(cursor: unknown, trailId: string): number {
  const [trail, number] = typeof cursor === 'string' ? cursor.split('.') : [];
  return trail === trailId && /^\d{1,15}$/.test(number ?? '') ? Number(number) : 0;
}

function userIdIn(encoded = ''): string {
  try {
    const userId = decodeURIComponent(encoded);
    if (isIdentifier(userId)) return userId;
  } catch {
    // A malformed encoding is rejected as any other invalid id.
  }
  throw new RejectedError('INVALID_FIELD', 'must be a percent-encoded user id', 'presence-user');
}
