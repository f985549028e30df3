import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { PresenceStore } from './presence-store.js';

/** An absence is noticed after this many milliseconds: to look for it at every commit would be felt. */
const LOOK_AGAIN_MS = 50;

/**
 * For how long this node could hear its clients. Silence is measured in that time alone: a process that was stopped, or
 * whose store was out of reach, must not take its own absence for that of its clients. After an absence clients are
 * given as long again to be heard, at most the heartbeat timeout: their messages may still wait to be read, and clients
 * that were refused try again later.
 */
@Injectable()
export class Listening {
  private lookedAt: number;
  private pausedBefore: number;
  private deafMs = 0;
  /** How much of the time after an absence does not count either. */
  private owedMs = 0;

  constructor(
    private readonly store: PresenceStore,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.lookedAt = clock.monotonic();
    this.pausedBefore = clock.pausedMs();
  }

  /** Milliseconds in which clients could be heard, since some moment. */
  get heardMs(): number {
    this.look();
    return this.clock.monotonic() - this.deafMs;
  }

  /** Milliseconds in all that do not count. */
  get lostMs(): number {
    this.look();
    return this.deafMs;
  }

  /** Whether time counts at the moment. */
  get isListening(): boolean {
    this.look();
    return this.owedMs === 0 && this.store.status.problem === undefined;
  }

  private look(): void {
    const now = this.clock.monotonic();
    const elapsed = now - this.lookedAt;
    if (elapsed < LOOK_AGAIN_MS) return;
    const pausedMs = this.clock.pausedMs();
    const paused = Math.min(elapsed, pausedMs - this.pausedBefore);
    this.lookedAt = now;
    this.pausedBefore = pausedMs;
    const absent = this.store.status.problem === undefined ? paused : elapsed;
    const owed = Math.min(this.owedMs + absent, this.config.policy.heartbeatTimeoutMs);
    const repaid = Math.min(elapsed - absent, owed);
    this.owedMs = owed - repaid;
    this.deafMs += absent + repaid;
  }
}
