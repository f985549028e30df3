import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  PAYLOAD,
  type Contestant,
  type OnEvents,
  type Publisher,
  type Watcher,
} from '../contestant.js';
import { ServerProcess } from '../server-process.js';

const SCRIPT = 'test/load/socket-io/server.mjs';

const UPGRADE = [
  'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n');

/** Socket.IO over WebSocket, with one broadcast emit for each event. */
export class SocketIoContestant implements Contestant {
  readonly name = 'Socket.IO';

  unavailable(): string | undefined {
    return existsSync('test/load/socket-io/node_modules/socket.io')
      ? undefined
      : 'socket.io is not installed (npm install --no-package-lock --prefix test/load/socket-io)';
  }

  start(): Promise<ServerProcess> {
    return ServerProcess.start((port) => ({
      file: process.execPath,
      args: [SCRIPT, String(port)],
    }));
  }

  async subscribe(port: number, onEvents: OnEvents): Promise<Watcher> {
    const connection = await SocketIoConnection.open(port);
    connection.onText = (text) => {
      if (text.startsWith('42')) onEvents(1);
    };
    return { close: () => connection.close() };
  }

  async publisher(port: number): Promise<Publisher> {
    const connection = await SocketIoConnection.open(port);
    return {
      publish: (count) => connection.publish(count),
      close: async () => connection.close(),
    };
  }
}

/** A minimal client of the protocol. */
class SocketIoConnection {
  onText: (text: string) => void = () => {};
  private pending: Buffer = Buffer.alloc(0);
  private acknowledged = 0;
  private onAcknowledged: () => void = () => {};

  private constructor(private readonly socket: Socket) {}

  static async open(port: number): Promise<SocketIoConnection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await once(socket, 'connect');
    socket.write(UPGRADE);
    const connection = new SocketIoConnection(socket);
    await new Promise<void>((resolve) => {
      connection.onText = (text) => {
        if (text.startsWith('0')) connection.send('40');
        if (text.startsWith('40')) resolve();
      };
      socket.on('data', (chunk) => connection.read(chunk));
    });
    return connection;
  }

  close(): void {
    this.socket.destroy();
  }

  publish(count: number): Promise<void> {
    this.acknowledged = 0;
    for (let id = 0; id < count; id++) this.send(`42${id}["publish","${PAYLOAD}"]`);
    return new Promise((resolve) => {
      this.onAcknowledged = () => {
        if (++this.acknowledged === count) resolve();
      };
    });
  }

  private read(chunk: Buffer): void {
    let rest = Buffer.concat([this.pending, chunk]);
    const headersEnd = rest.indexOf('\r\n\r\n');
    if (rest.toString('latin1', 0, 4) === 'HTTP') {
      if (headersEnd < 0) return void (this.pending = rest);
      rest = rest.subarray(headersEnd + 4);
    }
    for (;;) {
      const start = rest.length > 1 && rest[1] === 126 ? 4 : 2;
      if (rest.length < start) break;
      const end = start + (start === 4 ? rest.readUInt16BE(2) : rest[1]!);
      if (rest.length < end) break;
      this.receive(rest.toString('latin1', start, end));
      rest = rest.subarray(end);
    }
    this.pending = rest;
  }

  private receive(text: string): void {
    if (text === '2') this.send('3');
    else if (text.startsWith('43')) this.onAcknowledged();
    else this.onText(text);
  }

  /** Sends a text frame, masked with zeros because clients must mask frames. */
  private send(text: string): void {
    const payload = Buffer.from(text);
    const header =
      payload.length < 126
        ? Buffer.from([0x81, 0x80 | payload.length])
        : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255]);
    this.socket.write(Buffer.concat([header, Buffer.alloc(4), payload]));
  }
}
