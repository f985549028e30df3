import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { MAX_OVERTIME_MS } from '../auth/token-lifetime.js';
import { Clock } from '../clock/clock.js';
import { CommandExecutor } from '../commands/command-executor.js';
import { Config } from '../config/config.js';
import { PresenceStore } from '../store/presence-store.js';
import { describeError } from '../text/safe-text.js';
import { SingleFlight } from '../timers/single-flight.js';

/** The interval of the sweeps in milliseconds. */
const SWEEP_INTERVAL_MS = 60_000;

/** The number of users that are processed at once. */
const BATCH = 100;

/**
 * Forgets revocations when all tokens that they concern have expired. Only AUTH_MAX_TOKEN_LIFETIME_MS says when that is:
 * without it, revocations are kept for ever. Every node sweeps, and the first one to find a revocation forgets it for all.
 */
@Injectable()
export class RevocationSweeper {
  private readonly logger = new Logger(RevocationSweeper.name);
  private readonly sweeping = new SingleFlight(() => this.forgetExpired());

  constructor(
    private readonly store: PresenceStore,
    private readonly commands: CommandExecutor,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** Forgets what has expired. Does nothing while another sweep runs. */
  @Interval(SWEEP_INTERVAL_MS)
  sweep(): Promise<void> {
    return this.sweeping.runIfIdle();
  }

  private async forgetExpired(): Promise<void> {
    const { maxTokenLifetimeMs } = this.config.auth;
    if (maxTokenLifetimeMs === undefined) return;
    const issuedBefore = this.clock.wall() - maxTokenLifetimeMs - MAX_OVERTIME_MS;
    const due = [...this.store.view.tokensValidFrom]
      .filter(([, validFrom]) => validFrom <= issuedBefore)
      .map(([userId]) => userId);
    try {
      for (let start = 0; start < due.length; start += BATCH) {
        await Promise.all(
          due
            .slice(start, start + BATCH)
            .map((userId) =>
              this.commands.execute(userId, { type: 'forgetRevocation', issuedBefore }),
            ),
        );
      }
    } catch (error) {
      this.logger.debug(
        `Revocations could not be forgotten and will be retried: ${describeError(error)}`,
      );
    }
  }
}
