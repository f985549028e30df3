import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { IntervalTask } from '../timers/interval-task.js';
import { Clock } from './clock.js';

/**
 * How much faster or slower than real time service time runs while it catches up with the wall clock, as a fraction.
 */
export const SLEW = 0.05;

/** Milliseconds between two comparisons of service time with the wall clock. */
const COMPARE_MS = 1000;

/** Milliseconds between two checks whether the process runs. */
const CHECK_INTERVAL_MS = 100;

/** A check that is late by more than this many milliseconds was delayed by more than ordinary work. */
const LATE_MS = 400;

/** If the wall clock moves by this many milliseconds against the monotonic clock between two checks, it was set. */
const STEP_MS = 1000;

/** The clocks of the machine, in milliseconds. */
export interface MachineClocks {
  readonly wall: () => number;
  readonly monotonic: () => number;
}

const MACHINE: MachineClocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * The clock of a process. Service time starts at the wall clock and advances with the monotonic clock. If it differs
 * from the wall clock, it runs slightly faster or slower until it has caught up.
 */
export class SystemClock extends Clock implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Clock');
  /**
   * The last comparison of service time with the wall clock: monotonic time, service time, and how far it was behind.
   */
  private compared: { readonly at: number; readonly service: number; readonly behind: number };
  /** How far the clock that all nodes share is ahead of the monotonic clock. Undefined: there is no shared clock. */
  private sharedAhead: number | undefined;
  // Not `@Interval`, which starts so late that the start of the service would count as a pause.
  private readonly checking = new IntervalTask(CHECK_INTERVAL_MS, () => this.check());
  private checkedAt: number;
  private machineAhead: number;
  private paused = 0;

  constructor(private readonly machine: MachineClocks = MACHINE) {
    super();
    const at = machine.monotonic();
    this.compared = { at, service: machine.wall(), behind: 0 };
    this.checkedAt = at;
    this.machineAhead = machine.wall() - at;
  }

  onModuleInit(): void {
    this.checking.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.checking.stop();
  }

  now(): number {
    const at = this.machine.monotonic();
    if (at - this.compared.at >= COMPARE_MS) this.compare(at);
    return Math.floor(this.serviceAt(at));
  }

  wall(): number {
    return Math.floor(this.wallAt(this.machine.monotonic()));
  }

  monotonic(): number {
    return this.machine.monotonic();
  }

  pausedMs(): number {
    // After a pause, this may be called before the timer fires.
    if (this.machine.monotonic() - this.checkedAt > CHECK_INTERVAL_MS + LATE_MS) this.check();
    return this.paused;
  }

  follow(aheadMs: number): void {
    const isFirst = this.sharedAhead === undefined;
    this.sharedAhead = aheadMs;
    if (!isFirst) return;
    // A node that starts has decided nothing yet, so its service time may jump.
    const at = this.machine.monotonic();
    this.compared = { at, service: this.wallAt(at), behind: 0 };
  }

  /** Records a pause of the process since the last check, and logs a warning if the clock of the machine was set. */
  check(): void {
    const at = this.machine.monotonic();
    const gap = at - this.checkedAt;
    this.checkedAt = at;
    if (gap > CHECK_INTERVAL_MS + LATE_MS) this.paused += gap - CHECK_INTERVAL_MS;
    const ahead = this.machine.wall() - at;
    const stepped = ahead - this.machineAhead;
    this.machineAhead = ahead;
    if (Math.abs(stepped) < STEP_MS) return;
    const direction = stepped > 0 ? 'forward' : 'back';
    const seconds = Math.abs(stepped / 1000).toFixed(1);
    this.logger.warn(`The clock of this machine was set ${direction} by ${seconds} s`);
  }

  private compare(at: number): void {
    const service = this.serviceAt(at);
    this.compared = { at, service, behind: this.wallAt(at) - service };
  }

  private serviceAt(at: number): number {
    const { at: since, service, behind } = this.compared;
    const elapsed = at - since;
    const most = elapsed * SLEW;
    return service + elapsed + Math.max(-most, Math.min(most, behind));
  }

  private wallAt(at: number): number {
    return this.sharedAhead === undefined ? this.machine.wall() : at + this.sharedAhead;
  }
}
