import { connect, type Socket } from 'node:net';
import {
  Flag,
  frame,
  FrameType,
  grpcMessage,
  headerBlock,
  parseFrames,
  PREFACE,
  settingsFrame,
  type Frame,
} from './http2-frames.js';

const INITIAL_WINDOW = 65_535;

export interface PeerOptions {
  /** The initial settings, as pairs of identifier and value. */
  readonly settings?: readonly (readonly [number, number])[];
  /** The bytes to send first instead of the preface of HTTP/2. */
  readonly opening?: Buffer;
  /** Whether the peer leaves PING and SETTINGS frames of the server unacknowledged. */
  readonly isMute?: boolean;
  /** Whether the socket stays half-open after the server has closed its end. */
  readonly holdsOn?: boolean;
}

/**
 * One end of a connection that can send any frame or any bytes. It follows HTTP/2 only as far as
 * its options say.
 */
export class Http2Peer {
  /** The number of received frames, by type. */
  readonly received = new Map<number, number>();
  /** The streams that the server has reset, each with its error code. */
  readonly resets = new Map<number, number>();
  /** The streams that the server has ended. */
  readonly endedStreams = new Set<number>();
  /** The error code of the last GOAWAY. */
  goaway: number | undefined;
  /** Resolves when the server has closed or reset the connection. */
  readonly closed: Promise<void>;
  /** The time of the close, by `performance.now()`. */
  closedAt: number | undefined;
  /** The number of received body bytes. */
  bodyBytes = 0;
  /** The number of own PING frames that the server has acknowledged. */
  private pings = 0;
  /** The send window of each stream, and of the connection as stream 0. */
  private readonly windows = new Map<number, number>();
  private pending: Buffer = Buffer.alloc(0);
  private nextStream = 1;
  /** Resolves the waits of `until` after the next frame. */
  private waits: (() => void)[] = [];

  private constructor(
    readonly socket: Socket,
    private readonly options: PeerOptions,
  ) {
    socket
      .setMaxListeners(0)
      .on('data', (chunk) => this.read(chunk))
      .on('error', () => {});
    this.closed = new Promise((resolve) => {
      const over = (): void => {
        this.closedAt ??= performance.now();
        this.wake();
        resolve();
      };
      socket.once('end', over).once('close', over);
    });
  }

  static async to(address: string, options: PeerOptions = {}): Promise<Http2Peer> {
    const [host, port] = address.split(':');
    const socket = connect({
      host: host!,
      port: Number(port),
      noDelay: true,
      allowHalfOpen: options.holdsOn === true,
    });
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve).once('error', () => resolve());
    });
    return Http2Peer.over(socket, options);
  }

  /** Creates a peer on an existing connection, for example of TLS. */
  static async over(socket: Socket, options: PeerOptions = {}): Promise<Http2Peer> {
    const peer = new Http2Peer(socket, options);
    const hello = Buffer.concat([PREFACE, settingsFrame(...(options.settings ?? []))]);
    await peer.send(options.opening ?? hello);
    return peer;
  }

  get isClosed(): boolean {
    return this.closedAt !== undefined;
  }

  /**
   * Sends bytes. Resolves when the operating system has accepted them, or can no longer accept
   * them.
   */
  async send(...bytes: readonly Buffer[]): Promise<void> {
    if (this.isClosed || this.socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const whenClosed = (): void => resolve();
      this.socket.once('close', whenClosed);
      this.socket.write(Buffer.concat(bytes), () => {
        this.socket.off('close', whenClosed);
        resolve();
      });
    });
  }

  /** Opens a stream for a call of this method and sends only the headers. Returns the stream id. */
  open(method: string, token: string, more: Readonly<Record<string, string>> = {}): number {
    const stream = this.takeStream();
    const block = headerBlock(`/presence.v1.${method}`, token, more);
    void this.send(frame(FrameType.HEADERS, Flag.END_HEADERS, stream, block));
    return stream;
  }

  /** Sends a complete call. Returns the stream id. */
  call(method: string, token: string, request: Uint8Array = new Uint8Array()): number {
    const stream = this.open(method, token);
    void this.send(frame(FrameType.DATA, Flag.END_STREAM, stream, grpcMessage(request)));
    return stream;
  }

  get lastStream(): number {
    return this.nextStream - 2;
  }

  /** Returns the id of a new stream. */
  takeStream(): number {
    const stream = this.nextStream;
    this.nextStream += 2;
    return stream;
  }

  /**
   * Sends a part of a body when the flow-control windows of the server allow it, unless the stream
   * is reset before.
   */
  async fill(stream: number, part: Buffer, flags = 0): Promise<void> {
    const canSend = (): boolean =>
      Math.min(this.windowOf(stream), this.windowOf(0)) >= part.length || this.resets.has(stream);
    await this.until(canSend);
    if (this.resets.has(stream)) return;
    for (const each of [stream, 0]) this.windows.set(each, this.windowOf(each) - part.length);
    await this.send(frame(FrameType.DATA, flags, stream, part));
  }

  countOf(type: number): number {
    return this.received.get(type) ?? 0;
  }

  /** Waits until the condition holds. It is checked after each received frame. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.isClosed) throw new Error('the connection was closed before that');
      await new Promise<void>((resolve) => this.waits.push(resolve));
    }
  }

  /**
   * Sends a PING and waits for its acknowledgement. The server has then processed all earlier frames.
   * Fails if the server closes the connection.
   */
  async ping(): Promise<void> {
    const before = this.pings;
    await this.send(frame(FrameType.PING, 0, 0, Buffer.alloc(8)));
    await this.until(() => this.pings > before);
  }

  destroy(): void {
    this.socket.destroy();
  }

  private windowOf(stream: number): number {
    return this.windows.get(stream) ?? INITIAL_WINDOW;
  }

  private read(chunk: Buffer): void {
    const { frames, rest } = parseFrames(Buffer.concat([this.pending, chunk]));
    this.pending = rest;
    const answers = frames.flatMap((each) => this.take(each));
    if (answers.length > 0 && this.options.isMute !== true) void this.send(...answers);
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waits.splice(0)) resolve();
  }

  /** Processes a frame. Returns the frames that a correct peer would send as a reaction. */
  private take({ type, flags, stream, payload }: Frame): readonly Buffer[] {
    this.received.set(type, this.countOf(type) + 1);
    const canEnd = type === FrameType.DATA || type === FrameType.HEADERS;
    if (canEnd && (flags & Flag.END_STREAM) !== 0) this.endedStreams.add(stream);
    if (type === FrameType.DATA) this.bodyBytes += payload.length;
    if (type === FrameType.RST_STREAM) this.resets.set(stream, payload.readUInt32BE());
    if (type === FrameType.WINDOW_UPDATE) {
      this.windows.set(stream, this.windowOf(stream) + payload.readUInt32BE());
    }
    if (type === FrameType.GOAWAY) this.goaway = payload.readUInt32BE(4);
    if (type === FrameType.PING && (flags & Flag.ACK) !== 0) this.pings++;
    const isAnswered = type === FrameType.SETTINGS || type === FrameType.PING;
    if (!isAnswered || (flags & Flag.ACK) !== 0) return [];
    const echo = type === FrameType.PING ? payload : undefined;
    return [frame(type, Flag.ACK, 0, echo)];
  }
}
