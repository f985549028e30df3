import { Controller, Get } from '@nestjs/common';
import {
  HealthCheck,
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { ServingStatus } from './serving-status.js';

/** Health over HTTP, in the form of terminus: 200 when it is good, 503 with the same body when it is not. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly status: ServingStatus,
  ) {}

  /** Everything there is to check. */
  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.serving(), () => this.store()]);
  }

  /** Whether the process is there. Restart it when this fails. Without terminus, which fails at every shutdown. */
  @Get('live')
  live(): HealthCheckResult {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  /** Whether new calls are welcome. Send none while this fails. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([() => this.serving(), () => this.store()]);
  }

  /** Streams that are open go on while the store is out of reach, but nothing can be changed. */
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
