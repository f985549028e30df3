import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a connection is for. Told by what is sent on it: a node has one for commands and one for messages. */
export type Kind = 'commands' | 'messages';

export type Direction = 'toRedis' | 'fromRedis';

/**
 * What becomes of bytes. `hold`: they arrive when this is over, as TCP sends them again; `drop`: they do not, and the
 * connection breaks when this is over, as when a partition outlasts TCP's patience. Nobody is told of either.
 */
export type Treatment = 'pass' | 'hold' | 'drop';

type Treatments = Record<Kind, Record<Direction, Treatment>>;

const KINDS = ['commands', 'messages'] as const;
const DIRECTIONS = ['toRedis', 'fromRedis'] as const;

/** The network between one node, or one replica, and Redis. */
export class RedisLink {
  /** Milliseconds by which everything comes later. */
  delayMs = 0;
  private readonly treatments: Treatments = {
    commands: { toRedis: 'pass', fromRedis: 'pass' },
    messages: { toRedis: 'pass', fromRedis: 'pass' },
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

  static async to(target: number): Promise<RedisLink> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RedisLink(server, (server.address() as AddressInfo).port, target);
  }

  /** From now on leads to another server. */
  pointAt(target: number): void {
    this.target = target;
    this.cut();
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
  private readonly held: Record<Direction, Buffer[]> = { toRedis: [], fromRedis: [] };
  private hasLost = false;

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private readonly treatmentOf: (kind: Kind, direction: Direction) => Treatment,
    private readonly delayMs: () => number,
    onClose: () => void,
  ) {
    near.on('data', (bytes) => {
      // In lower case from ioredis, in any from others.
      if (/ssubscribe/i.test(bytes.toString('latin1'))) this.kind = 'messages';
      this.carry('toRedis', bytes);
    });
    far.on('data', (bytes) => this.carry('fromRedis', bytes));
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => this.close(onClose));
    }
  }

  /** Does what the treatment asks for now with what was held before. */
  goOn(): void {
    for (const direction of DIRECTIONS) {
      if (this.treatmentOf(this.kind, direction) !== 'pass') continue;
      if (this.hasLost) return this.destroy();
      for (const bytes of this.held[direction].splice(0)) this.write(direction, bytes);
    }
  }

  destroy(): void {
    this.near.destroy();
    this.far.destroy();
  }

  private carry(direction: Direction, bytes: Buffer): void {
    switch (this.treatmentOf(this.kind, direction)) {
      case 'pass':
        if (this.delayMs() === 0) this.write(direction, bytes);
        else setTimeout(() => this.write(direction, bytes), this.delayMs());
        return;
      case 'hold':
        this.held[direction].push(bytes);
        return;
      case 'drop':
        this.hasLost = true;
    }
  }

  private write(direction: Direction, bytes: Buffer): void {
    const socket = direction === 'toRedis' ? this.far : this.near;
    if (!socket.destroyed) socket.write(bytes);
  }

  /** An end that the other side does not hear of is none: a silent network does not carry the word either. */
  private close(onClose: () => void): void {
    onClose();
    this.destroy();
  }
}
