import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';

/** A CloudEvent as a receiver reads it. */
export interface ReceivedEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  readonly time: string;
  readonly data: {
    readonly from?: string;
    readonly to?: string;
    readonly presence?: {
      readonly userId: string;
      readonly status?: string;
      readonly version: string;
    };
  };
}

export interface ReceivedRequest {
  readonly id: string;
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
  readonly events: readonly ReceivedEvent[];
}

type Respond = (response: ServerResponse, request: ReceivedRequest) => void;

export const WEBHOOK_KEY = Buffer.from('the key of webhooks in tests', 'utf8');
export const WEBHOOK_SECRET = `whsec_${WEBHOOK_KEY.toString('base64')}`;

const TAKE: Respond = (response) => response.writeHead(204).end();

/** A backend that receives webhooks. It checks the signature of each request. */
export class WebhookReceiver {
  readonly requests: ReceivedRequest[] = [];
  /** The events of all requests that were answered with 204, in the order of their arrival. */
  readonly taken: ReceivedEvent[] = [];
  private respond: Respond = TAKE;
  private server: Server | undefined;

  private constructor(readonly port: number) {}

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(await freePort());
    await receiver.listen();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** The settings of a service that delivers to this receiver. */
  get settings(): Readonly<Record<string, string>> {
    return { WEBHOOK_URL: this.url, WEBHOOK_SECRET };
  }

  /** The taken events of a user, in order and without repetitions: `user_online` and so on. */
  typesOf(userId: string): readonly string[] {
    return this.eventsOf(userId).map(({ type }) => type.replace('presence.v1.', ''));
  }

  /** The taken events of a user, in order and without repetitions. */
  eventsOf(userId: string): readonly ReceivedEvent[] {
    const seen = new Map(
      this.taken.filter(({ subject }) => subject === userId).map((event) => [event.id, event]),
    );
    return [...seen.values()];
  }

  get gaps(): readonly ReceivedEvent[] {
    return this.taken.filter(({ type }) => type === 'presence.v1.gap');
  }

  /** Takes all further requests. */
  take(): void {
    this.respond = TAKE;
  }

  /** Answers all further requests in another way, and counts none of their events as taken. */
  answer(respond: Respond): void {
    this.respond = respond;
  }

  /** Answers with this status. */
  refuse(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.answer((response) => response.writeHead(status, headers).end('no'));
  }

  /** Takes each further request after a time. */
  takeAfter(ms: number): void {
    this.answer((response, { events }) => {
      setTimeout(() => {
        this.taken.push(...events);
        response.writeHead(204).end();
      }, ms);
    });
  }

  /** Resolves when another request has arrived, to which the receiver does not respond in the usual way. */
  async isCalled(): Promise<void> {
    const { length } = this.requests;
    await eventually(() => this.requests.length > length, true);
  }

  async listen(): Promise<void> {
    this.server = createServer((request, response) => void this.receive(request, response));
    await new Promise<void>((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve));
    expect((this.server.address() as AddressInfo).port).toBe(this.port);
  }

  /** Closes the port and all connections. */
  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private async receive(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { headers } = message;
    const id = String(headers['webhook-id']);
    const signed = `${id}.${headers['webhook-timestamp'] as string}.${body}`;
    const signature = createHmac('sha256', WEBHOOK_KEY).update(signed).digest('base64');
    if (!String(headers['webhook-signature']).split(' ').includes(`v1,${signature}`)) {
      response.writeHead(401).end();
      return;
    }
    const events = JSON.parse(body) as readonly ReceivedEvent[];
    const request = { id, path: message.url!, body, headers, events };
    this.requests.push(request);
    if (this.respond === TAKE) this.taken.push(...events);
    this.respond(response, request);
  }
}
