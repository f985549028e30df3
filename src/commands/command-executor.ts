import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { Input } from '../domain/input.js';
import { RejectedError } from '../domain/rejected-error.js';
import { step, type Step } from '../domain/step.js';
import { inSpan, activeTracer } from '../telemetry/tracing.js';
import { outcomeOf, CommandCounters } from './command-counters.js';
import { PresenceStore } from '../store/presence-store.js';

/** How often it is tried to record something while the store is out of reach. */
const RECORD_AGAIN_MS = 500;

/** Told that the client of a session was heard, before the store knows of it. */
type LifeListener = (userId: string, sessionId: string) => void;

/** The one way in which something that happens reaches the rules, and what they make of it the store. */
@Injectable()
export class CommandExecutor {
  /** What came of what was performed. */
  readonly outcomes = new CommandCounters();
  private readonly tracer = activeTracer();
  private lifeListener: LifeListener = () => {};

  constructor(
    private readonly store: PresenceStore,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * A sign of life counts where it arrives: the store may be out of reach, and the client is there all the same. Whose
   * session it is has not been checked yet.
   */
  onSignOfLife(listener: LifeListener): void {
    this.lifeListener = listener;
  }

  /** Where what happens depends on when it is committed, `input` is made anew each time that is tried. */
  execute(userId: string, input: Input | (() => Input)): Promise<Step> {
    const read = typeof input === 'function' ? input : (): Input => input;
    const first = read();
    const { type } = first;
    if (isSignOfLife(first)) this.lifeListener(userId, first.sessionId);
    if (this.tracer === undefined) return this.update(userId, type, read);
    const attributes = { 'presence.input': type };
    return inSpan(this.tracer, 'update', { attributes }, () => this.update(userId, type, read));
  }

  /** What has happened whether or not the store can be reached: it is told again until it has taken it in. */
  async executeUntilStored(userId: string, input: Input | (() => Input)): Promise<void> {
    for (;;) {
      try {
        await this.execute(userId, input);
        return;
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        await sleep(RECORD_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  /** Whose live session this is, as far as a user may know: one of an invisible other user is nobody's. */
  async visibleOwnerOf(userId: string, sessionId: string): Promise<string | undefined> {
    const owner = await this.store.ownerOf(sessionId);
    if (owner === undefined || owner === userId) return owner;
    if (this.store.view.presence(owner).status !== 'OFFLINE') return owner;
    // It takes as long as to find out that there is no such session.
    await this.store.awaitCurrent();
    return undefined;
  }

  private async update(userId: string, type: Input['type'], read: () => Input): Promise<Step> {
    try {
      const done = await this.store.update(userId, (user) =>
        step(user, read(), this.clock.now(), this.config.policy),
      );
      this.outcomes.add(type, 'committed');
      return done;
    } catch (error) {
      this.outcomes.add(type, outcomeOf(error));
      throw (await this.belongsToAnotherUser(userId, error, read()))
        ? sessionOfAnotherUser()
        : error;
    }
  }

  private async belongsToAnotherUser(
    userId: string,
    error: unknown,
    input: Input,
  ): Promise<boolean> {
    const isUnknown = error instanceof RejectedError && error.reason === 'SESSION_NOT_FOUND';
    if (!isUnknown || !('sessionId' in input) || input.sessionId === undefined) return false;
    const owner = await this.visibleOwnerOf(userId, input.sessionId);
    return owner !== undefined && owner !== userId;
  }
}

/** Whether an input comes from the client of a session that is named. */
function isSignOfLife(input: Input): input is Input & { readonly sessionId: string } {
  switch (input.type) {
    case 'heartbeat':
    case 'activity':
    case 'joinChannel':
    case 'leaveChannel':
    case 'setMute':
    case 'setStatus':
      return input.sessionId !== undefined;
    default:
      return false;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof RejectedError && error.reason === 'STORE_UNAVAILABLE';
}

function sessionOfAnotherUser(): RejectedError {
  return new RejectedError(
    'SESSION_OF_ANOTHER_USER',
    'the session belongs to another user',
    'session_id',
  );
}
