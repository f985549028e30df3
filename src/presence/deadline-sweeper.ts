import { setImmediate } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { describeError } from '../text/safe-text.js';
import { CommandExecutor } from '../commands/command-executor.js';
import { Listening } from '../store/listening.js';
import { PresenceStore } from '../store/presence-store.js';
import { SingleFlight } from '../timers/single-flight.js';

/** The interval of the sweeps in milliseconds. A timeout can be noticed this much late. */
const SWEEP_INTERVAL_MS = 1000;

/** The number of users that are processed before the sweeper yields to the event loop. */
const BATCH = 500;

/**
 * Processes deadlines: idle timeouts, expired statuses and tokens, ended graces. The cost depends on the number of
 * due deadlines, not on the number of users.
 */
@Injectable()
export class DeadlineSweeper {
  private readonly logger = new Logger(DeadlineSweeper.name);
  private readonly sweeping = new SingleFlight(() => this.processDue());
  /**
   * The part of `Listening.lostMs` that was already noticed, and the time by which deadlines are held back for it.
   */
  private lostMs = 0;
  private heldBackMs = 0;
  private heldBackUntil = 0;

  constructor(
    private readonly store: PresenceStore,
    private readonly commands: CommandExecutor,
    private readonly listening: Listening,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /**
   * Processes all deadlines that are due. Does nothing while another sweep runs or while the node cannot receive
   * calls.
   */
  @Interval(SWEEP_INTERVAL_MS)
  async sweep(): Promise<void> {
    if (this.listening.isListening) await this.sweeping.runIfIdle();
  }

  private async processDue(): Promise<void> {
    for (let due = await this.takeDue(); due.length > 0; due = await this.takeDue()) {
      for (const userId of due) await this.processDeadlines(userId);
      await setImmediate();
    }
  }

  private async takeDue(): Promise<readonly string[]> {
    const upTo = this.upTo();
    return this.store.claimDue(upTo, BATCH, this.clock.wall() - upTo);
  }

  private async processDeadlines(userId: string): Promise<void> {
    try {
      await this.commands.executeUntilStored(userId, () => ({
        type: 'time',
        upTo: this.upTo(),
        wall: this.clock.wall(),
      }));
    } catch (error) {
      this.logger.error(`The deadlines of a user could not be processed: ${describeError(error)}`);
    }
  }

  /**
   * The time up to which deadlines are due that a client could have prevented. After a pause in which the node could
   * not receive calls, it is held back by the length of the pause, until every grace that began before has had its
   * full time.
   */
  private upTo(): number {
    const { lostMs, heardMs } = this.listening;
    if (lostMs > this.lostMs) {
      this.heldBackMs += lostMs - this.lostMs;
      this.lostMs = lostMs;
      this.heldBackUntil = heardMs + this.config.policy.reconnectGraceMs;
    } else if (heardMs >= this.heldBackUntil) {
      this.heldBackMs = 0;
    }
    return this.clock.now() - this.heldBackMs;
  }
}
