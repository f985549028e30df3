import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Subscription } from 'rxjs';
import { Clock } from '../clock/clock.js';
import type { EndReason } from '../domain/input.js';
import { RejectedError } from '../domain/rejected-error.js';
import type { User } from '../domain/user.js';
import { CommandExecutor, type SignOfLife } from '../commands/command-executor.js';
import { Listening } from '../store/listening.js';
import { PresenceStore, type Commit } from '../store/presence-store.js';
import { SingleFlight } from '../timers/single-flight.js';
import type { SessionStream } from './session-stream.js';

/** Interval in milliseconds at which streams are checked for a due heartbeat and for silent clients. */
const HEARTBEAT_CHECK_MS = 250;

/**
 * The `Connect` streams of this node, by session. When a session ends, its stream ends as well. Only the node that
 * holds the stream can measure how long its client has been silent. It uses its own clock, and does not count time in
 * which it could not receive calls.
 */
@Injectable()
export class SessionRegistry implements OnApplicationShutdown {
  private readonly logger = new Logger(SessionRegistry.name);
  private readonly streams = new Map<string, SessionStream>();
  /** Those whose clients must send heartbeats. Most clients need not, and are not checked for silence. */
  private readonly heard = new Map<string, SessionStream>();
  private readonly subscription: Subscription;
  private readonly endingSilent = new SingleFlight(() => this.endAllSilent());

  constructor(
    store: PresenceStore,
    private readonly commands: CommandExecutor,
    private readonly listening: Listening,
    private readonly clock: Clock,
  ) {
    this.subscription = store.commits.subscribe((commit) => this.apply(commit));
    this.subscription.add(commands.signsOfLife.subscribe((sign) => this.hear(sign)));
  }

  // Streams need commits until this last hook, because they stay open while the server drains.
  onApplicationShutdown(): void {
    this.subscription.unsubscribe();
  }

  /** The number of sessions on this node. */
  get size(): number {
    return this.streams.size;
  }

  /** Adds a stream and returns the function that removes it. */
  add(sessionId: string, stream: SessionStream): () => void {
    this.streams.set(sessionId, stream);
    if (stream.needsHeartbeats) this.heard.set(sessionId, stream);
    return () => {
      this.streams.delete(sessionId);
      this.heard.delete(sessionId);
    };
  }

  /**
   * Sends heartbeats on quiet streams: they keep proxies from closing the stream, and ask the client for a heartbeat.
   */
  @Interval(HEARTBEAT_CHECK_MS)
  sendHeartbeats(): void {
    const now = this.clock.monotonic();
    for (const stream of this.streams.values()) stream.sendIfDue(now);
  }

  /**
   * Ends the sessions whose clients have been silent for too long. Sessions that cannot be ended now are tried again
   * at the next interval.
   */
  @Interval(HEARTBEAT_CHECK_MS)
  async endSilent(): Promise<void> {
    if (this.listening.isListening) await this.endingSilent.runIfIdle();
  }

  private async endAllSilent(): Promise<void> {
    for (const [sessionId, stream] of this.heard) {
      const heartbeatDueAt = stream.missedAt(this.listening.heardMs);
      if (heartbeatDueAt === undefined) continue;
      if (!this.listening.isListening) return;
      await this.end(sessionId, stream.userId, heartbeatDueAt);
    }
  }

  private apply({ user, ended }: Commit): void {
    this.noteHeartbeats(user);
    for (const { sessionId, cause } of ended) this.streams.get(sessionId)?.end(rejectionFor(cause));
    for (const { sessionId } of user.sessions) this.streams.get(sessionId)?.noteUser(user);
  }

  private hear({ userId, sessionId }: SignOfLife): void {
    const stream = this.streams.get(sessionId);
    if (stream?.userId === userId) stream.hear(this.listening.heardMs);
  }

  private async end(sessionId: string, userId: string, heartbeatDueAt: number): Promise<void> {
    try {
      await this.commands.execute(userId, { type: 'silent', sessionId, heartbeatDueAt });
    } catch (error) {
      this.logger.debug(
        `A session without heartbeats could not be ended and will be retried: ${String(error)}`,
      );
    }
  }

  private noteHeartbeats({ sessions }: User): void {
    for (const { sessionId, heartbeatDueAt } of sessions) {
      if (heartbeatDueAt === undefined) continue;
      const stream = this.streams.get(sessionId);
      stream?.recordHeartbeatDue(heartbeatDueAt, this.listening.heardMs);
    }
  }
}

function rejectionFor(cause: EndReason): RejectedError {
  switch (cause) {
    case 'TOKEN_EXPIRED':
      return new RejectedError('TOKEN_EXPIRED', 'the token expired; connect again with a new one');
    case 'TOKEN_REVOKED':
      return new RejectedError(
        'TOKEN_REVOKED',
        'the token was revoked; connect again with a new one',
      );
    case 'CONNECTION_LOST':
      return new RejectedError('HEARTBEATS_MISSED', 'no heartbeat arrived in time; connect again');
    case 'NODE_LOST':
      return new RejectedError(
        'NODE_LOST',
        'the other nodes declared this node dead; connect again',
      );
    case 'SESSION_ENDED':
    case 'DISCONNECTED':
      return new RejectedError('SESSION_ENDED', 'the session was ended');
  }
  return cause satisfies never;
}
