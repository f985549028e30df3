import { Controller, Get } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { ServingStatus } from './serving-status.js';

/** Health over HTTP, in the format of terminus: 200 if healthy, otherwise 503 with a body of the same format. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly status: ServingStatus,
  ) {}

  /** Readiness, with all checks: while it fails, no new calls should be sent to this node. */
  @Get(['', 'ready'])
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.serving(), () => this.store()]);
  }

  /**
   * Liveness: a failure means that the process must be restarted. It does not use terminus, which reports a failure
   * at every shutdown.
   */
  @Get('live')
  live(): HealthCheckResult {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  /** Checks the store. While it is unreachable, open streams continue but nothing can be changed. */
  private store(): HealthIndicatorResult {
    const check = this.indicators.check('store');
    const { storeProblem } = this.status;
    return storeProblem === undefined ? check.up() : check.down(storeProblem);
  }

  private serving(): HealthIndicatorResult {
    const check = this.indicators.check('serving');
    return this.status.isServing ? check.up() : check.down();
  }
}
