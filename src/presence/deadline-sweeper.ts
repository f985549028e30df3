import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { describeError } from '../text/safe-text.js';
import { CommandExecutor } from '../commands/command-executor.js';
import { Listening } from '../store/listening.js';
import { PresenceStore } from '../store/presence-store.js';

/** The finest `IDLE_CHECK_INTERVAL_MS`: an interval of Nest is fixed before the configuration is read. */
const TICK_MS = 100;

/** How many users are handled before others have their turn. */
const BATCH = 500;

/**
 * Lets time pass for the users for whom something is due: idle, a status that lapses, a token, a grace.
 * Costs what is due, however many users there are.
 */
@Injectable()
export class DeadlineSweeper {
  private readonly logger = new Logger(DeadlineSweeper.name);
  private nextSweepAt = -Infinity;
  private isSweeping = false;
  /** How much of the time in which clients could not be heard has been noticed, and how much is made up for. */
  private lostMs = 0;
  private heldBackMs = 0;
  private heldBackUntil = 0;

  constructor(
    private readonly store: PresenceStore,
    private readonly commands: CommandExecutor,
    private readonly listening: Listening,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Interval(TICK_MS)
  async tick(): Promise<void> {
    const now = this.clock.monotonic();
    if (now < this.nextSweepAt) return;
    this.nextSweepAt = now + this.config.idleCheckIntervalMs;
    await this.sweep();
  }

  /** Handles everything that is due now. Does nothing while it is at it already, or clients cannot be heard. */
  async sweep(): Promise<void> {
    if (this.isSweeping || !this.listening.isListening) return;
    this.isSweeping = true;
    try {
      for (let due = await this.takeDue(); due.length > 0; due = await this.takeDue()) {
        for (const userId of due) await this.processDeadlines(userId);
        await setImmediate();
      }
    } finally {
      this.isSweeping = false;
    }
  }

  private async takeDue(): Promise<readonly string[]> {
    const upTo = this.upTo();
    const work = this.store.followWall(this.clock.wall() - upTo);
    while (work.next().done !== true) await setImmediate();
    return this.store.claimDue(upTo, BATCH);
  }

  private async processDeadlines(userId: string): Promise<void> {
    try {
      await this.commands.executeUntilStored(userId, () => ({
        type: 'time',
        upTo: this.upTo(),
        wall: this.clock.wall(),
      }));
    } catch (error) {
      this.logger.error(`time could not pass for a user: ${describeError(error)}`);
    }
  }

  /**
   * Up to when durations are over that a client could have cut short. After an absence this is held back by it, until every
   * grace that began before it has had the time that it was given.
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
