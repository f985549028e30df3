import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a connection is for. Told by what is sent on it: a node has one for commands and one for messages. */
export type Kind = 'commands' | 'messages';

export type Direction = 'toServer' | 'fromServer';

/**
 * What becomes of bytes. `hold`: they arrive when this is over, as TCP sends them again; `drop`: they do not, and the
 * connection breaks when this is over, as when a partition outlasts TCP's patience. Nobody is told of either.
 */
export type Treatment = 'pass' | 'hold' | 'drop';

type Treatments = Record<Kind, Record<Direction, Treatment>>;

const KINDS = ['commands', 'messages'] as const;
const DIRECTIONS = ['toServer', 'fromServer'] as const;

/** The network between a node and Redis, a replica and its master, or clients and a node. */
export class FaultyLink {
  /** Milliseconds by which everything comes later. */
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

  /** From now on leads to another port of this machine. */
  pointAt(target: number): void {
    this.target = target;
    this.cut();
  }

  /** New connections lead to another port of this machine. Open ones stay where they are. */
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

  /** Ends connections. They may come back at once. */
  cut(kinds: readonly Kind[] = KINDS): void {
    for (const connection of this.connections) {
      if (kinds.includes(connection.kind)) connection.destroy();
    }
  }

  /** Ends all connections and lets none in. */
  refuse(): void {
    this.isRefusing = true;
    this.cut();
  }

  /** Everything is well again. */
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
  /** What is under way. Nothing overtakes what was sent before it. */
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

  /** Does what the treatment asks for now with what was held before. */
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

  /** Hands over what is due, unless it is held, and comes again for the rest. */
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
