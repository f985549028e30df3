import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Subject, type Observable } from 'rxjs';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import type { Input } from '../domain/input.js';
import { RejectedError } from '../domain/rejected-error.js';
import { step, type Step } from '../domain/step.js';
import type { User } from '../domain/user.js';
import type { Viewer } from '../domain/viewer.js';
import { inSpan, activeTracer } from '../telemetry/tracing.js';
import { outcomeOf, CommandCounters } from './command-counters.js';
import { PresenceStore } from '../store/presence-store.js';

/** The interval in milliseconds between attempts to record something while the store is unreachable. */
const RECORD_AGAIN_MS = 500;

/** A call of the client of a session. */
export interface SignOfLife {
  readonly userId: string;
  readonly sessionId: string;
}

/**
 * The only component that applies inputs to users: it runs the domain rules and commits their result to the store.
 */
@Injectable()
export class CommandExecutor {
  /** The outcomes of the executed inputs. */
  readonly outcomes = new CommandCounters();
  private readonly tracer = activeTracer();
  private readonly calls = new Subject<SignOfLife>();
  /**
   * Emits at the arrival of a call, before the store has processed it, because the client is alive even if the store is
   * unreachable. The owner of the session is not checked yet.
   */
  readonly signsOfLife: Observable<SignOfLife> = this.calls.asObservable();

  constructor(
    private readonly store: PresenceStore,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /**
   * Executes an input. If it depends on the time of the commit, `input` is a function, which is called for every
   * attempt.
   */
  execute(userId: string, input: Input | (() => Input)): Promise<Step> {
    const read = typeof input === 'function' ? input : (): Input => input;
    const first = read();
    const { type } = first;
    if (isSignOfLife(first)) this.calls.next({ userId, sessionId: first.sessionId });
    if (this.tracer === undefined) return this.update(userId, type, read);
    const attributes = { 'presence.input': type };
    return inSpan(this.tracer, 'update', { attributes }, () => this.update(userId, type, read));
  }

  /**
   * Executes a command of a user on one of the user's sessions. If the session belongs to another user whom the viewer does
   * not see OFFLINE, the error says so.
   */
  executeFor(viewer: Viewer, input: Input | (() => Input)): Promise<Step> {
    // An `await` here and in `update` would cost each command two more promises.
    return this.execute(viewer.userId, input).catch((error: unknown) =>
      this.rejectFor(viewer, error, input),
    );
  }

  /** Executes an input for something that has already happened, and retries until the store has committed it. */
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

  /**
   * Returns the owner of a live session, if the viewer may know it. A session of another user whom the viewer sees OFFLINE
   * has no owner for this purpose.
   */
  async visibleOwnerOf(viewer: Viewer, sessionId: string): Promise<string | undefined> {
    const owner = (await this.store.get({ sessionId }))?.userId;
    if (owner === undefined || owner === viewer.userId) return owner;
    if (this.store.view.for(viewer).presence(owner).status !== 'OFFLINE') return owner;
    // The duration must not reveal an invisible user, so it equals the duration for an unknown session.
    await this.store.view.awaitCurrent();
    return undefined;
  }

  private update(userId: string, type: Input['type'], read: () => Input): Promise<Step> {
    const change = (user: User): Step => step(user, read(), this.clock.now(), this.config.policy);
    return this.store.update(userId, change).then(
      (done) => {
        this.outcomes.add(type, 'committed');
        return done;
      },
      (error: unknown) => {
        this.outcomes.add(type, outcomeOf(error));
        throw error;
      },
    );
  }

  private async rejectFor(
    viewer: Viewer,
    error: unknown,
    input: Input | (() => Input),
  ): Promise<never> {
    const failed = typeof input === 'function' ? input() : input;
    const isForeign = await this.belongsToAnotherUser(viewer, error, failed);
    throw isForeign ? sessionOfAnotherUser() : error;
  }

  private async belongsToAnotherUser(
    viewer: Viewer,
    error: unknown,
    input: Input,
  ): Promise<boolean> {
    const isUnknown = error instanceof RejectedError && error.reason === 'SESSION_NOT_FOUND';
    if (!isUnknown || !('sessionId' in input) || input.sessionId === undefined) return false;
    const owner = await this.visibleOwnerOf(viewer, input.sessionId);
    return owner !== undefined && owner !== viewer.userId;
  }
}

/** Whether an input was sent by the client of the session that it names. */
function isSignOfLife(input: Input): input is Input & { readonly sessionId: string } {
  switch (input.type) {
    case 'heartbeat':
    case 'activity':
    case 'joinChannel':
    case 'leaveChannel':
    case 'setMute':
    case 'setStatus':
    case 'setAttributes':
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
