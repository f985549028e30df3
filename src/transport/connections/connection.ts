import { constants, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { ByteBudget } from './call-memory.js';

/**
 * The bytes per second that a peer may send in addition to its calls, about 20,000 frames. A normal client needs only
 * hundreds of bytes, for PING, WINDOW_UPDATE, SETTINGS and cancelled calls. A burst of the same size again is allowed.
 */
const OVERHEAD_PER_SECOND = 256 * 1024;
/**
 * The bytes that a call may use in addition to its request: headers, frames, and the flow-control window of a request
 * that the server does not read.
 */
const OVERHEAD_PER_CALL = 64 * 1024;

/**
 * The number of calls of a connection after which its limit of open calls is raised. It is below the limit that a new
 * connection has. SETTINGS and their acknowledgement cost time, and most clients make fewer calls when they connect.
 */
export const CALLS_BEFORE_SETTINGS = 8;

/** One connection of a gRPC client, and its state. */
export class Connection {
  readonly openedAt = performance.now();
  session: ServerHttp2Session | undefined;
  /** Whether the HTTP/2 handshake is complete: the preface and the SETTINGS of the peer have arrived. */
  handshakeComplete = false;
  private isTrusted = false;
  private isRaised = false;
  private calls = 0;
  private isLingering = false;
  private bytesRead = 0;
  private overhead = 0;

  constructor(
    readonly socket: Socket,
    /** The key under which the connection is counted. Undefined for a Unix socket, which counts for no network. */
    readonly network: string | undefined,
    /** The byte budget of its calls. */
    readonly memory: ByteBudget,
    /** The number of calls that may be open after one of them had a valid token. */
    private readonly maxCalls: number,
  ) {}

  begin(session: ServerHttp2Session): void {
    this.session = session;
    session.once('remoteSettings', () => (this.handshakeComplete = true));
  }

  /** Lets the connection have more open calls, because a call had a valid token. */
  trust(): void {
    if (this.isTrusted) return;
    this.isTrusted = true;
    this.raiseIfNeeded();
  }

  /** Whether the HTTP/2 session has ended. The socket may still be open. */
  get isClosed(): boolean {
    return this.session?.destroyed === true;
  }

  disconnect(): void {
    if (this.session === undefined) this.socket.destroy();
    // Node sends the error code only if an error is given.
    else
      this.session.destroy(
        new Error('the server disconnected the peer'),
        constants.NGHTTP2_ENHANCE_YOUR_CALM,
      );
  }

  /**
   * Closes the socket of an ended session if the session had already ended at the previous check. Node would wait until
   * the peer has read everything or closes its side, which can take any time.
   */
  destroyIfLingering(): void {
    if (this.isLingering) this.socket.destroy();
    this.isLingering = true;
  }

  /** Adds the allowance of a new call. */
  countCall(): void {
    this.overhead -= OVERHEAD_PER_CALL;
    this.calls++;
    this.raiseIfNeeded();
  }

  /** Adds the allowance for received bytes of a request. */
  countRequest(bytes: number): void {
    this.overhead -= bytes;
  }

  /**
   * Whether the peer sends far more than its calls need. The caller checks this once per second. It detects every flood
   * of frames, including frames that Node accepts silently: WINDOW_UPDATE, PRIORITY and unknown types.
   */
  isFlooding(): boolean {
    const { bytesRead } = this.socket;
    const overhead = this.overhead + bytesRead - this.bytesRead - OVERHEAD_PER_SECOND;
    this.bytesRead = bytesRead;
    // Unused allowance does not accumulate.
    this.overhead = Math.max(overhead, 0);
    return this.overhead > OVERHEAD_PER_SECOND;
  }

  private raiseIfNeeded(): void {
    if (this.isRaised || !this.isTrusted || this.calls < CALLS_BEFORE_SETTINGS) return;
    this.isRaised = true;
    if (this.session?.destroyed === false) {
      this.session.settings({ maxConcurrentStreams: this.maxCalls });
    }
  }
}
