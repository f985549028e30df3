import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * The purpose of a connection, recognized by the data sent on it. A node has one for commands and
 * one for pub/sub messages.
 */
export type Kind = 'commands' | 'messages';

export type Direction = 'toServer' | 'fromServer';

/**
 * The treatment of bytes. `hold`: they arrive when the treatment ends, as with TCP retransmission.
 * `drop`: they are lost, and the connection breaks when the treatment ends, as when a partition
 * lasts longer than TCP retries. Neither end is notified.
 */
export type Treatment = 'pass' | 'hold' | 'drop';

type Treatments = Record<Kind, Record<Direction, Treatment>>;

const KINDS = ['commands', 'messages'] as const;
const DIRECTIONS = ['toServer', 'fromServer'] as const;

/** The network between a node and Redis, a replica and its master, or clients and a node. */
export class FaultyLink {
  /** The added latency in milliseconds. */
  delayMs = 0;
  private readonly treatments: Treatments = {
    commands: { toServer: 'pass', fromServer: 'pass' },
    messages: { toServer: 'pass', fromServer: 'pass' },
  };
  private readonly connections = new Set<Connection>();
  private isRefusing = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private target: number,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static async to(target: number): Promise<FaultyLink> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FaultyLink(server, (server.address() as AddressInfo).port, target);
  }

  /** Forwards all connections to another port of this machine, and closes the open ones. */
  pointAt(target: number): void {
    this.target = target;
    this.cut();
  }

  /**
   * Forwards new connections to another port of this machine. Open connections keep their target.
   */
  leadTo(target: number): void {
    this.target = target;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  treat(
    treatment: Treatment,
    kinds: readonly Kind[] = KINDS,
    directions: readonly Direction[] = DIRECTIONS,
  ): void {
    for (const kind of kinds) {
      for (const direction of directions) this.treatments[kind][direction] = treatment;
    }
    for (const connection of this.connections) connection.goOn();
  }

  /** Closes connections. New connections are accepted at once. */
  cut(kinds: readonly Kind[] = KINDS): void {
    for (const connection of this.connections) {
      if (kinds.includes(connection.kind)) connection.destroy();
    }
  }

  /** Closes all connections and accepts no new ones. */
  refuse(): void {
    this.isRefusing = true;
    this.cut();
  }

  /** Ends all faults of the link. */
  heal(): void {
    this.isRefusing = false;
    this.delayMs = 0;
    this.treat('pass');
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private join(near: Socket): void {
    if (this.isRefusing) return void near.destroy();
    const treatmentOf = (kind: Kind, direction: Direction): Treatment =>
      this.treatments[kind][direction];
    const connection = new Connection(
      near,
      connect(this.target, '127.0.0.1'),
      treatmentOf,
      () => this.delayMs,
      () => this.connections.delete(connection),
    );
    this.connections.add(connection);
  }
}

class Connection {
  kind: Kind = 'commands';
  /** The chunks in transit. Their order is kept. */
  private readonly underWay: Record<
    Direction,
    { readonly bytes: Buffer; readonly dueAt: number }[]
  > = { toServer: [], fromServer: [] };
  private hasLost = false;

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private readonly treatmentOf: (kind: Kind, direction: Direction) => Treatment,
    private readonly delayMs: () => number,
    onClose: () => void,
  ) {
    near.on('data', (bytes) => {
      if (/ssubscribe/i.test(bytes.toString('latin1'))) this.kind = 'messages';
      this.carry('toServer', bytes);
    });
    far.on('data', (bytes) => this.carry('fromServer', bytes));
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        onClose();
        this.destroy();
      });
    }
  }

  /** Applies the current treatment to chunks that were held before. */
  goOn(): void {
    for (const direction of DIRECTIONS) {
      if (this.hasLost && this.treatmentOf(this.kind, direction) === 'pass') return this.destroy();
      this.deliver(direction);
    }
  }

  destroy(): void {
    this.near.destroy();
    this.far.destroy();
  }

  private carry(direction: Direction, bytes: Buffer): void {
    if (this.treatmentOf(this.kind, direction) === 'drop') {
      this.hasLost = true;
      return;
    }
    this.underWay[direction].push({ bytes, dueAt: performance.now() + this.delayMs() });
    this.deliver(direction);
  }

  /** Delivers the chunks that are due, unless they are held, and schedules itself for the rest. */
  private deliver(direction: Direction): void {
    if (this.treatmentOf(this.kind, direction) !== 'pass') return;
    const socket = direction === 'toServer' ? this.far : this.near;
    const queue = this.underWay[direction];
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      const early = first.dueAt - performance.now();
      if (early > 0) return void setTimeout(() => this.deliver(direction), early);
      queue.shift();
      if (!socket.destroyed) socket.write(first.bytes);
    }
  }
}
