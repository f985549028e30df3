import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../support/free-port.js';
import type { Random } from '../random.js';
import { readRequest, WEBHOOK_SECRET } from './read-request.js';
import type { WebhookHistory, WebhookRequest } from './webhook-history.js';

/**
 * `moody`: it takes most requests, and handles others badly. `failing`: it takes none. `hanging`: it never responds. `calm`: it
 * takes all requests.
 */
export type Mood = 'moody' | 'failing' | 'hanging' | 'calm';

/** More than the service reads of a response. */
const LONG_BODY_BYTES = 200_000;

/**
 * The backend that receives the webhooks of all nodes. It verifies and records each request, and fails at random. Each node has
 * a URL of its own, so that the record says which node has sent a request.
 */
export class WebhookReceiver {
  mood: Mood = 'moody';
  private server: Server | undefined;

  private constructor(
    private readonly port: number,
    private readonly random: Random,
    private readonly history: WebhookHistory,
  ) {}

  static async start(random: Random, history: WebhookHistory): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(await freePort(), random, history);
    await receiver.comeBack();
    return receiver;
  }

  /** The settings of a node that delivers to this receiver. */
  settingsOf(node: string): Readonly<Record<string, string>> {
    return { WEBHOOK_URL: `http://127.0.0.1:${this.port}/${node}`, WEBHOOK_SECRET };
  }

  /** Listens at the same port as before. */
  async comeBack(): Promise<void> {
    const server = createServer((request, response) => void this.receive(request, response));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.server = server;
  }

  /** Closes the port and all connections. */
  async goAway(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private async receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(message).catch(() => undefined);
    if (body === undefined) return;
    const node = message.url!.slice(1);
    const isHook = message.method === 'POST';
    const read = isHook
      ? readRequest(message.headers, body)
      : { id: '', events: [], mistake: `it is a ${message.method}` };
    const request = this.history.begin({ node, ...read });
    response.on('close', () => this.history.end(request, 'cancelled'));
    await this.respond(request, response, message.socket);
  }

  private async respond(
    request: WebhookRequest,
    response: ServerResponse,
    socket: Socket,
  ): Promise<void> {
    if (this.mood === 'hanging') return;
    if (this.mood === 'failing') return this.refuse(request, response, 503);
    const whim = this.mood === 'calm' ? 1 : this.random.fraction();
    if (whim < 0.04) this.refuse(request, response, this.random.oneOf([500, 503, 404, 429]));
    else if (whim < 0.05) this.refuse(request, response, 307, { location: '/elsewhere' });
    else if (whim < 0.06) this.refuse(request, response, 503, { 'retry-after': '1' });
    else if (whim < 0.07) this.breakOff(request, socket, 'HTTP/1.1 2OO nonsense\r\n\r\n');
    else if (whim < 0.09) {
      await sleep(this.random.between(500, 1500));
      this.breakOff(request, socket, '');
    } else if (whim < 0.11) {
      this.history.end(request, 'response lost');
      socket.destroy();
    } else if (whim < 0.16) {
      await sleep(this.random.between(20, 600));
      this.take(request, response, '');
    } else this.take(request, response, whim < 0.2 ? 'x'.repeat(LONG_BODY_BYTES) : '');
  }

  /** The sender may have closed the connection in the meantime: then the receiver stores nothing. */
  private take(request: WebhookRequest, response: ServerResponse, text: string): void {
    if (response.destroyed) return;
    // Recorded before the response, because the sender continues as soon as it has the response.
    this.history.end(request, 'taken');
    response.writeHead(this.random.oneOf([200, 202, 204])).end(text);
  }

  private refuse(
    request: WebhookRequest,
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>> = {},
  ): void {
    this.history.end(request, 'refused');
    response.writeHead(status, headers).end('not now');
  }

  private breakOff(request: WebhookRequest, socket: Socket, text: string): void {
    this.history.end(request, 'refused');
    socket.end(text);
    socket.destroySoon();
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
