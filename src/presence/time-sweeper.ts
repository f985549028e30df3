import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { describeError } from '../text/safe-text.js';
import { Commands } from '../store/commands.js';
import { PresenceStore } from '../store/presence-store.js';

/** The finest `IDLE_CHECK_INTERVAL_MS`: an interval of Nest is fixed before the configuration is read. */
const TICK_MS = 100;

/** How many users are handled before others have their turn. */
const BATCH = 500;

/**
 * Lets time pass for the users for whom something is due: idle, a status that lapses, a token, a heartbeat, a grace.
 * Costs what is due, however many users there are.
 */
@Injectable()
export class TimeSweeper {
  private readonly logger = new Logger(TimeSweeper.name);
  private nextSweepAt = 0;
  private isSweeping = false;

  constructor(
    private readonly store: PresenceStore,
    private readonly commands: Commands,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Interval(TICK_MS)
  async tick(): Promise<void> {
    const now = this.clock.now();
    if (now < this.nextSweepAt) return;
    this.nextSweepAt = now + this.config.idleCheckIntervalMs;
    await this.sweep();
  }

  /** Handles everything that is due now. Does nothing while it is at it already. */
  async sweep(): Promise<void> {
    if (this.isSweeping) return;
    this.isSweeping = true;
    try {
      for (let due = await this.takeDue(); due.length > 0; due = await this.takeDue()) {
        for (const userId of due) await this.passTime(userId);
        await setImmediate();
      }
    } finally {
      this.isSweeping = false;
    }
  }

  private takeDue(): Promise<readonly string[]> {
    return this.store.takeDue(this.clock.now(), BATCH);
  }

  private async passTime(userId: string): Promise<void> {
    try {
      await this.commands.record(userId, { type: 'time' });
    } catch (error) {
      this.logger.error(`time could not pass for a user: ${describeError(error)}`);
    }
  }
}
