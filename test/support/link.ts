import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A network between clients and nodes that can simulate network failures. */
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

  /** The addresses at which clients reach the nodes through the link. */
  get addresses(): readonly string[] {
    return this.ends;
  }

  /**
   * Closes every connection as the death of a process does: with FIN, and without GOAWAY or other
   * frames.
   */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Resets every connection. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  /** Drops all data and notifies neither end, like a disconnected cable. */
  fallSilent(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Closes every connection and accepts no new ones until `reopen` is called. */
  shut(): void {
    this.isShut = true;
    this.cut();
  }

  reopen(): void {
    this.isShut = false;
  }

  /** Forwards new connections to these nodes. */
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
