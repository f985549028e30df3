import { once } from 'node:events';
import { constants } from 'node:http2';
import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { Target } from './target.js';

/** How long a goodbye may take. */
const GOODBYE_MS = 1000;

/** A connection that nothing goes over is one that the client has moved away from. */
const IDLE_MS = 10_000;

/** The connection of a client. There is more than one only while it moves from one to the next. */
export class Connection {
  private managers: Http2SessionManager[] = [];

  constructor(private readonly target: Target) {}

  /** What a client goes over from now on: a connection that is yet to be made. */
  readonly open = (): Transport => {
    // A client that comes back for days opens many.
    this.managers = this.managers.filter((manager) => !hasEnded(manager));
    const { baseUrl, tls } = this.target;
    const manager = new Http2SessionManager(baseUrl, { idleConnectionTimeoutMs: IDLE_MS }, tls);
    this.managers.push(manager);
    return createGrpcTransport({ baseUrl, sessionManager: manager });
  };

  /** Ends it without a word, as when a program is killed: to the service, whoever was here is lost. */
  cut(): void {
    for (const manager of this.managers) manager.abort();
  }

  /** Ends it in order: whoever was here has gone. */
  async close(): Promise<void> {
    await Promise.all(this.managers.map((manager) => sayGoodbye(manager).catch(() => {})));
    this.cut();
  }
}

function hasEnded(manager: Http2SessionManager): boolean {
  return ['closed', 'error'].includes(manager.state());
}

/** A manager ends its connection as if it were lost. But every call knows the connection that it is on. */
async function sayGoodbye(manager: Http2SessionManager): Promise<void> {
  if (!['open', 'idle'].includes(manager.state())) return;
  const call = await manager.request('POST', '/', {}, {});
  const { session } = call.on('error', () => {});
  call.close(constants.NGHTTP2_CANCEL);
  if (session === undefined) return;
  const closed = once(session, 'close');
  const timer = setTimeout(() => session.destroy(), GOODBYE_MS);
  session.close();
  await closed;
  clearTimeout(timer);
}
