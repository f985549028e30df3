import { constants, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { ByteBudget } from './byte-budget.js';

/**
 * Bytes a second that a connection may be sent beside its calls. Honest ones need hundreds: pings, windows, settings,
 * cancelled calls. This is some twenty thousand frames. As much again may come ahead of its time.
 */
const OVERHEAD_PER_SECOND = 256 * 1024;
/** What a call may take beside the bytes of its request: headers, frames, and the window of a request nobody reads. */
const OVERHEAD_PER_CALL = 64 * 1024;

/** One connection, and what its peer has made of it. */
export class Connection {
  readonly openedAt = performance.now();
  session: ServerHttp2Session | undefined;
  /** Whether the peer has shown that it speaks HTTP/2: its preface and its settings are there. */
  handshakeComplete = false;
  private isTrusted = false;
  private isLingering = false;
  private bytesRead = 0;
  private overhead = 0;

  constructor(
    readonly socket: Socket,
    /** Whom it is counted for. Undefined: nobody, as with a Unix socket. */
    readonly network: string | undefined,
    /** What its calls hold. */
    readonly held: ByteBudget,
    /** How many calls it may have open once one of them had a valid token. */
    private readonly maxCalls: number,
  ) {}

  begin(session: ServerHttp2Session): void {
    this.session = session;
    session.once('remoteSettings', () => (this.handshakeComplete = true));
  }

  /** A call has had a valid token. */
  trust(): void {
    if (this.isTrusted) return;
    this.isTrusted = true;
    if (this.session?.destroyed === false) {
      this.session.settings({ maxConcurrentStreams: this.maxCalls });
    }
  }

  /** Whether nothing can come of it any more, though its socket may still be there. */
  get isClosed(): boolean {
    return this.session?.destroyed === true;
  }

  cutOff(): void {
    if (this.session === undefined) this.socket.destroy();
    // Without an error Node forgets the code.
    else this.session.destroy(new Error('cut off'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /**
   * Closes the socket of one that is over, when it was so the last time, too. Node would wait until the peer has read
   * everything, or has closed its own end, for as long as the peer likes.
   */
  destroyIfLingering(): void {
    if (this.isLingering) this.socket.destroy();
    this.isLingering = true;
  }

  /** A call has come in. */
  countCall(): void {
    this.overhead -= OVERHEAD_PER_CALL;
  }

  /** So many bytes of a request have come in. */
  countRequest(bytes: number): void {
    this.overhead -= bytes;
  }

  /**
   * Whether the peer sends far more than its calls need. Asked once a second. Every flood of frames shows here, also of
   * those that the library takes without a word: windows, priorities, frames of no known type.
   */
  isFlooding(): boolean {
    const { bytesRead } = this.socket;
    const overhead = this.overhead + bytesRead - this.bytesRead - OVERHEAD_PER_SECOND;
    this.bytesRead = bytesRead;
    // What was not used is not saved up.
    this.overhead = Math.max(overhead, 0);
    return this.overhead > OVERHEAD_PER_SECOND;
  }
}
