import { once } from 'node:events';
import { constants } from 'node:http2';
import type { Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { Target } from '../options/target.js';

/** The maximum time for a clean close, in milliseconds. */
const GOODBYE_MS = 1000;

/** A connection that is idle for this time is closed: the client has moved to another one. */
const IDLE_MS = 10_000;

/** The connection of a client. It has more than one only while the client moves to the next one. */
export class Connection {
  private managers: Http2SessionManager[] = [];

  constructor(private readonly target: Target) {}

  /** Creates a transport on a new connection, which is opened on first use. */
  readonly open = (): Transport => {
    // A client that reconnects for days creates many managers, so closed ones are removed.
    this.managers = this.managers.filter((manager) => !hasEnded(manager));
    const { baseUrl, tls } = this.target;
    const manager = new Http2SessionManager(baseUrl, { idleConnectionTimeoutMs: IDLE_MS }, tls);
    this.managers.push(manager);
    return createGrpcTransport({ baseUrl, sessionManager: manager });
  };

  /** Destroys the connection, as if the program had been killed. The service treats the sessions as lost. */
  cut(): void {
    for (const manager of this.managers) manager.abort();
  }

  /** Closes the connection cleanly. The service ends the sessions at once. */
  async close(): Promise<void> {
    await Promise.all(this.managers.map((manager) => sayGoodbye(manager).catch(() => {})));
    this.cut();
  }
}

function hasEnded(manager: Http2SessionManager): boolean {
  return ['closed', 'error'].includes(manager.state());
}

/**
 * Closes the HTTP/2 session cleanly. A manager can only abort it, so a short call is used to get the session object.
 */
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
