import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network between clients and the nodes of a service that can fail in the ways networks do. */
export class Link {
  private readonly sockets = new Set<Socket>();
  private readonly servers: Server[] = [];
  private readonly ends: string[] = [];
  private targets: readonly string[] = [];
  private isShut = false;

  static async to(addresses: readonly string[]): Promise<Link> {
    const link = new Link();
    link.targets = addresses;
    for (const nth of addresses.keys()) await link.open(nth);
    return link;
  }

  /** Where the nodes are found through it. */
  get addresses(): readonly string[] {
    return this.ends;
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

  /** Every connection ends, and there is no other until it is opened again. */
  shut(): void {
    this.isShut = true;
    this.cut();
  }

  reopen(): void {
    this.isShut = false;
  }

  /** The next connections lead to these nodes. */
  redirect(addresses: readonly string[]): void {
    this.targets = addresses;
  }

  close(): void {
    this.cut();
    for (const server of this.servers) server.close();
  }

  private async open(nth: number): Promise<void> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.on('connection', (near) => {
      const [host = '', port] = this.targets[nth]!.split(':');
      if (this.isShut) near.on('error', () => {}).destroy();
      else this.join(near, connect(Number(port), host));
    });
    this.servers.push(server);
    this.ends.push(`127.0.0.1:${(server.address() as AddressInfo).port}`);
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
