import { execFileSync } from 'node:child_process';
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

/** The protocol text of a broker with a simple protocol over TCP. */
export interface Broker {
  readonly name: string;
  readonly file: string;
  readonly args: (port: number) => readonly string[];
  /** The request of a subscriber, and the end of the last response before the first event. */
  readonly subscribe: string;
  readonly subscribed: string;
  /** The first text of a publisher, and the text for each event. */
  readonly greeting: string;
  readonly publish: string;
  /**
   * One event as a subscriber receives it. All events are equal, so counting bytes counts events.
   */
  readonly event: string;
  /**
   * The request by which a publisher learns that all earlier events were accepted, and the end of
   * the response.
   */
  readonly sync: string;
  readonly synced: string;
}

export const REDIS: Broker = {
  name: 'Redis pub/sub',
  file: 'redis-server',
  args: (port) => ['--port', String(port), '--save', '', '--appendonly', 'no'],
  subscribe: 'SUBSCRIBE presence\r\n',
  subscribed: ':1\r\n',
  greeting: '',
  publish: `*3\r\n$7\r\nPUBLISH\r\n$8\r\npresence\r\n$${PAYLOAD.length}\r\n${PAYLOAD}\r\n`,
  event: `*3\r\n$7\r\nmessage\r\n$8\r\npresence\r\n$${PAYLOAD.length}\r\n${PAYLOAD}\r\n`,
  sync: 'PING\r\n',
  synced: '+PONG\r\n',
};

export const NATS: Broker = {
  name: 'NATS',
  file: 'nats-server',
  args: (port) => ['-a', '127.0.0.1', '-p', String(port)],
  subscribe: 'CONNECT {"verbose":false}\r\nSUB presence 1\r\nPING\r\n',
  subscribed: 'PONG\r\n',
  greeting: 'CONNECT {"verbose":false}\r\n',
  publish: `PUB presence ${PAYLOAD.length}\r\n${PAYLOAD}\r\n`,
  event: `MSG presence 1 ${PAYLOAD.length}\r\n${PAYLOAD}\r\n`,
  sync: 'PING\r\n',
  synced: 'PONG\r\n',
};

/** A message broker, with clients that only count events. */
export class LineContestant implements Contestant {
  readonly name: string;

  constructor(private readonly broker: Broker) {
    this.name = broker.name;
  }

  unavailable(): string | undefined {
    try {
      execFileSync(this.broker.file, ['--version'], { stdio: 'ignore' });
      return undefined;
    } catch {
      return `${this.broker.file} is not installed (apt-get install ${this.broker.file})`;
    }
  }

  start(): Promise<ServerProcess> {
    const { file, args } = this.broker;
    return ServerProcess.start((port) => ({ file, args: args(port) }));
  }

  async subscribe(port: number, onEvents: OnEvents): Promise<Watcher> {
    const socket = await open(port);
    socket.write(this.broker.subscribe);
    await hears(socket, this.broker.subscribed);
    const { length } = this.broker.event;
    let bytes = 0;
    socket.on('data', (chunk) => {
      const before = Math.floor(bytes / length);
      bytes += chunk.length;
      const count = Math.floor(bytes / length) - before;
      if (count > 0) onEvents(count);
    });
    return { close: () => socket.destroy() };
  }

  async publisher(port: number): Promise<Publisher> {
    const socket = await open(port);
    const waiting: (() => void)[] = [];
    let heard = '';
    socket.on('data', (chunk) => {
      const answers = (heard + chunk.toString('latin1')).split(this.broker.synced);
      heard = answers.pop()!;
      for (let i = 0; i < answers.length; i++) waiting.shift()?.();
    });
    socket.write(this.broker.greeting);
    return {
      publish: (count) => {
        socket.write(this.broker.publish.repeat(count) + this.broker.sync);
        return new Promise((resolve) => waiting.push(resolve));
      },
      close: async () => void socket.destroy(),
    };
  }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  return socket;
}

async function hears(socket: Socket, ending: string): Promise<void> {
  for (let heard = ''; !heard.endsWith(ending);) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    heard += chunk.toString('latin1');
  }
}
