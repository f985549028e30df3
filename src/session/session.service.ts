import { Injectable, Logger } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { Principal } from '../auth/principal.js';
import { requireAdmin } from '../auth/require-admin.js';
import { AuditLog } from '../audit/audit-log.js';
import { Clock } from '../clock/clock.js';
import { Config } from '../config/config.js';
import type { RememberedChoices } from '../domain/choices.js';
import type { EndReason } from '../domain/input.js';
import type { Presence } from '../domain/presence.js';
import { RejectedError } from '../domain/rejected-error.js';
import type { Step } from '../domain/step.js';
import type { User } from '../domain/user.js';
import { shownTo } from '../domain/visibility.js';
import { ConnectionDrainer } from '../lifecycle/connection-drainer.js';
import { SessionLimit } from '../limits/session-limit.js';
import { describeError } from '../text/safe-text.js';
import { CommandExecutor } from '../commands/command-executor.js';
import { RandomBytes } from '../sealed-tokens/random-bytes.js';
import { PresenceStore } from '../store/presence-store.js';
import type { ServerStream } from '../transport/call/server-stream.js';
import { SessionStream, type SessionMessage, type Silence } from './session-stream.js';
import { SessionRegistry } from './session-registry.js';

/** The properties that a client sends when it connects. */
export interface ConnectOptions {
  readonly platform: string;
  readonly isMicrophoneMuted: boolean | undefined;
  readonly isSpeakerMuted: boolean | undefined;
  readonly requireHeartbeats: boolean;
  readonly previousSessionId: string | undefined;
  readonly attributes: ReadonlyMap<string, string>;
  readonly remembered: RememberedChoices | undefined;
}

@Injectable()
export class SessionService {
  private readonly logger = new Logger(SessionService.name);
  private readonly ids = new RandomBytes(16);
  /**
   * The limits for clients that must send heartbeats, and for clients whose connection itself shows whether they are
   * alive.
   */
  private readonly heard: Silence;
  private readonly unheard: Silence;

  constructor(
    private readonly commands: CommandExecutor,
    private readonly store: PresenceStore,
    private readonly streams: SessionRegistry,
    private readonly drain: ConnectionDrainer,
    private readonly limit: SessionLimit,
    private readonly audit: AuditLog,
    private readonly clock: Clock,
    config: Config,
  ) {
    const { heartbeatTimeoutMs } = config.policy;
    this.unheard = {
      heartbeatIntervalMs: config.streams.heartbeatIntervalMs,
      heartbeatTimeoutMs: 0,
    };
    // A server heartbeat asks the client for its own one in time, so the client needs no timer.
    const heartbeatIntervalMs = Math.min(
      config.streams.heartbeatIntervalMs,
      heartbeatTimeoutMs / 2,
    );
    this.heard = { heartbeatIntervalMs, heartbeatTimeoutMs };
  }

  /**
   * Returns a session as a stream of messages. It starts when the stream is subscribed, and ends with the
   * subscription for any reason. The server log identifies the session only by `requestId`, because it contains no
   * user data.
   */
  connect(
    caller: Principal,
    asked: ConnectOptions,
    serverStream: ServerStream,
    requestId: string,
  ): Observable<SessionMessage> {
    // If the transport cannot detect a silent client, the client must send heartbeats.
    const requireHeartbeats = asked.requireHeartbeats || !serverStream.detectsDeadPeer;
    const options = { ...asked, requireHeartbeats };
    return new Observable((signals) => {
      if (caller.isWatchOnly) throw watchOnly();
      const sessionId = this.ids.next().toString('base64url');
      const limits = requireHeartbeats ? this.heard : this.unheard;
      const stream = new SessionStream(caller.userId, signals, serverStream, limits, this.clock);
      signals.add(this.drain.register(stream));
      signals.add(this.limit.acquire());
      const remove = this.streams.add(sessionId, stream);
      // The promise resolves to undefined, so that the step is not kept in memory for the life of the session.
      const begun = this.begin(caller, sessionId, options).then((step) => {
        this.logger.debug('A session began', { requestId });
        stream.start(this.started(sessionId, options, step));
      });
      begun.catch((error: unknown) => signals.error(error));
      return () => {
        remove();
        const isLost = serverStream.isConnectionLost || this.drain.isDraining;
        const cause = isLost ? 'CONNECTION_LOST' : 'DISCONNECTED';
        const reason = stream.rejection?.reason ?? cause;
        if (stream.hasStarted) this.logger.debug('A session ended', { requestId, reason });
        // If the start is still in progress, the session is ended after it. A start that failed may still have been
        // committed, so the session is ended then as well.
        void begun.catch(() => {}).then(() => this.disconnect(caller.userId, sessionId, cause));
      };
    });
  }

  async heartbeat(caller: Principal, sessionId: string): Promise<void> {
    await this.commands.executeFor(caller.viewer, { type: 'heartbeat', sessionId });
  }

  async recordActivity(caller: Principal, sessionId: string): Promise<Presence> {
    const { user } = await this.commands.executeFor(caller.viewer, { type: 'activity', sessionId });
    return user.own;
  }

  /** Records an activity that a backend reports, on the session that was last active. */
  async recordActivityOf(caller: Principal, userId: string): Promise<Presence> {
    requireAdmin(caller);
    const input = { type: 'activity', sessionId: undefined } as const;
    const { user } = await this.commands.execute(userId, input);
    return shownTo(caller.viewer, user);
  }

  /** Returns a user whose sessions the caller may see. */
  async userWithSessions(caller: Principal, userId: string): Promise<User> {
    if (userId !== caller.userId) requireAdmin(caller);
    return this.store.get({ userId });
  }

  /** Ends a session. Returns whether it was live. */
  async endSession(caller: Principal, sessionId: string, requestId: string): Promise<boolean> {
    const userId = caller.isAdmin
      ? (await this.store.get({ sessionId }))?.userId
      : await this.commands.visibleOwnerOf(caller.viewer, sessionId);
    if (userId === undefined) return false;
    if (userId !== caller.userId) requireAdmin(caller);
    const cause = 'SESSION_ENDED';
    if (userId !== caller.userId)
      this.audit.record('end session', caller, { userId, sessionId, requestId });
    const { ended } = await this.commands.execute(userId, { type: 'disconnect', sessionId, cause });
    return ended.length > 0;
  }

  /**
   * Revokes the tokens of a user that were issued before `issuedBefore`, in milliseconds of the wall clock. Undefined: now.
   * Returns the number of sessions that ended.
   */
  async revokeTokens(
    caller: Principal,
    userId: string,
    issuedBefore: number | undefined,
    requestId: string,
  ): Promise<number> {
    requireAdmin(caller);
    const now = this.clock.wall();
    const moment = issuedBefore ?? now;
    if (Math.floor(moment) > now)
      throw new RejectedError('INVALID_FIELD', 'must not be in the future', 'issued_before');
    // Rounded up, so that no token from before the moment is accepted. No token was issued before 1970.
    const input = { type: 'revokeTokens', issuedBefore: Math.max(0, Math.ceil(moment)) } as const;
    const { ended } = await this.commands.execute(userId, input);
    const details = { issuedBefore: new Date(moment).toISOString(), requestId };
    this.audit.record('revoke tokens', caller, { userId, ...details });
    return ended.length;
  }

  private begin(caller: Principal, sessionId: string, options: ConnectOptions): Promise<Step> {
    const tokenExpiresAt = caller.expiresAt;
    // The input is created for each attempt, because this node may get a new node id before the session is committed.
    return this.commands.execute(caller.userId, () => ({
      type: 'connect',
      sessionId,
      node: this.store.status.node,
      tokenExpiresAt,
      token: caller,
      wall: this.clock.wall(),
      ...options,
    }));
  }

  private started(
    sessionId: string,
    { requireHeartbeats }: ConnectOptions,
    { user }: Step,
  ): Extract<SessionMessage, { readonly type: 'started' }> {
    return {
      type: 'started',
      session: user.sessions.find((session) => session.sessionId === sessionId)!,
      user,
      heartbeatTimeoutMs: (requireHeartbeats ? this.heard : this.unheard).heartbeatTimeoutMs,
    };
  }

  private async disconnect(userId: string, sessionId: string, cause: EndReason): Promise<void> {
    try {
      await this.commands.executeUntilStored(userId, { type: 'disconnect', sessionId, cause });
    } catch (error) {
      this.logger.error(
        `The end of session ${sessionId} could not be stored: ${describeError(error)}`,
      );
    }
  }
}

function watchOnly(): RejectedError {
  return new RejectedError('WATCH_ONLY_TOKEN', 'this token may not begin sessions');
}
