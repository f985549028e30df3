import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import { PresenceStore } from './presence-store.js';

/** Minimum milliseconds between two checks for an absence. A check at every commit would cost too much. */
const UPDATE_INTERVAL_MS = 50;

/**
 * Measures the time in which this node could receive from its clients. Client silence counts only in that time: a
 * process that was stopped, or whose store was unavailable, must not mistake its own absence for that of its clients.
 * After an absence, clients get the same time again (at most the heartbeat timeout), because their messages may still
 * be unread and rejected clients need time to retry.
 */
@Injectable()
export class Listening {
  private updatedAt: number;
  private pausedBefore: number;
  private deafMs = 0;
  /** The remaining time in milliseconds after an absence that does not count either. */
  private owedMs = 0;

  constructor(
    private readonly store: PresenceStore,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.updatedAt = clock.monotonic();
    this.pausedBefore = clock.pausedMs();
  }

  /** A clock in milliseconds that counts only the time in which the node could receive from clients. */
  get heardMs(): number {
    this.update();
    return this.clock.monotonic() - this.deafMs;
  }

  /** The total time in milliseconds that does not count. */
  get lostMs(): number {
    this.update();
    return this.deafMs;
  }

  /** Whether time counts at the moment. */
  get isListening(): boolean {
    this.update();
    return this.owedMs === 0 && this.store.status.problem === undefined;
  }

  private update(): void {
    const now = this.clock.monotonic();
    const elapsed = now - this.updatedAt;
    if (elapsed < UPDATE_INTERVAL_MS) return;
    const pausedMs = this.clock.pausedMs();
    const paused = Math.min(elapsed, pausedMs - this.pausedBefore);
    this.updatedAt = now;
    this.pausedBefore = pausedMs;
    const absent = this.store.status.problem === undefined ? paused : elapsed;
    const owed = Math.min(this.owedMs + absent, this.config.policy.heartbeatTimeoutMs);
    const repaid = Math.min(elapsed - absent, owed);
    this.owedMs = owed - repaid;
    this.deafMs += absent + repaid;
  }
}
