import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Connections } from '../transport/connections/connections.js';
import { isIdentifier } from '../domain/identifier.js';
import { UserLimits } from '../limits/user-limits.js';
import { callerOf } from './auth.guard.js';
import { sessionOf } from '../transport/grpc/grpc-server-stream.js';
import { RATE_LIMIT_CLASSES, type MethodName, type RateLimitClass } from './rate-limit-classes.js';
import type { LazyRequest } from '../transport/call/lazy-request.js';
import type { ClosingCall } from '../transport/call/server-stream.js';

/**
 * The number of plain calls that one stream counts as, because opening and closing a stream costs the server as much.
 */
const STREAM_COST = 10;

/**
 * A request counts as one additional call per this number of bytes. The largest request, with 11,000 ids in any script,
 * still fits into a burst.
 */
const BYTES_PER_CALL = 16 * 1024;

/**
 * Limits the number of calls of each user. Calls with the scope `presence:admin` are not counted, because they come
 * from backends that act for all users. A client that ignores the rejections loses its connection.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly limits: UserLimits,
    private readonly connections: Connections,
    private readonly clock: Clock,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { userId, isAdmin } = callerOf(context);
    if (isAdmin) return true;
    const [request, , call] = context.getArgs<[LazyRequest, unknown, object]>();
    const kind = RATE_LIMIT_CLASSES[context.getHandler().name as MethodName];
    const limits = kind === 'heartbeat' ? this.limits.heartbeats : this.limits.calls;
    const session = (): string | undefined => sessionIdIn(kind, request);
    try {
      const cost = kind === 'stream' ? STREAM_COST : 1;
      const size = Math.floor(request.size / BYTES_PER_CALL);
      limits.consume(userId, cost, session, this.clock.monotonic(), size);
      return true;
    } catch (error) {
      const isAllowed = this.limits.rejections.tryConsume(userId, 1, this.clock.monotonic()) === 0;
      if (!isAllowed) this.closeConnection(call);
      throw error;
    }
  }

  private closeConnection(call: object): void {
    if (isClosing(call)) call.closeConnection();
    else this.connections.disconnectCaller(sessionOf(call));
  }
}

function isClosing(call: object): call is ClosingCall {
  return 'closeConnection' in call;
}

/** Returns the session that a command names. An invalid id is ignored here and rejected by the validation later. */
function sessionIdIn(kind: RateLimitClass, request: LazyRequest): string | undefined {
  if (kind !== 'command' && kind !== 'heartbeat') return undefined;
  const { sessionId, target } = request.peek() as {
    readonly sessionId?: string;
    readonly target?: { readonly $case: string; readonly value: string };
  };
  const named = target?.$case === 'sessionId' ? target.value : sessionId;
  return isIdentifier(named) ? named : undefined;
}
