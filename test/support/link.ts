import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network between clients and a service that can fail in the ways networks do. */
export class Link {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async to(address: string): Promise<Link> {
    const [host = '', port] = address.split(':');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const link = new Link(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (near) => link.join(near, connect(Number(port), host)));
    return link;
  }

  /** Every connection ends as when its process dies: FIN, and nothing said over HTTP/2. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Every connection is reset. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Nothing gets through any more, and nobody is told: a cable pulled out. */
  fallSilent(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private join(near: Socket, far: Socket): void {
    near.pipe(far).pipe(near);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
