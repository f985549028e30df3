import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type OpenSession } from '../support/client.js';
import type { History, Span } from './history.js';
import type { NodeProcess } from './node-process.js';
import type { Random } from './random.js';

/** How long a client waits for its session to begin before it tries another node. */
const CONNECT_WITHIN_MS = 2500;

const LEAST_BACKOFF_MS = 50;
const MOST_BACKOFF_MS = 800;

const LOOK_MS = 20;

/** For what was said last to reach the server. */
const CLOSE_AFTER_MS = 300;

export interface DeviceOptions {
  readonly userId: string;
  readonly token: string;
  readonly platform: string;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
  /** Told when a session has begun in place of one that was lost. */
  readonly onReturn: () => void;
}

/** What one device of a user does, as real clients do it: it comes back when it is lost, later and elsewhere. */
export class Device {
  client: Client | undefined;
  span: Span | undefined;
  /** Milliseconds that it stays away after a loss, whatever it would do otherwise. */
  absenceMs = 0;
  private session: OpenSession | undefined;
  private isWanted = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: DeviceOptions) {}

  get isOn(): boolean {
    return this.span !== undefined;
  }

  get sessionId(): string | undefined {
    return this.session?.sessionId;
  }

  get platform(): string {
    return this.options.platform;
  }

  /** Whether it is as its user wants it. */
  get isSettled(): boolean {
    return this.isWanted === this.isOn;
  }

  /** Resolves when it is on, which takes as long as it takes, or when it is not wanted any more. */
  async turnOn(node: NodeProcess): Promise<void> {
    this.isWanted = true;
    this.running ??= this.stay(node).finally(() => (this.running = undefined));
    while (this.isWanted && !this.isOn) await sleep(LOOK_MS);
  }

  /** Ends the session in good order. */
  turnOff(): void {
    this.isWanted = false;
    this.finish('asked for');
    this.session?.stream.cancel();
  }

  private async stay(first: NodeProcess): Promise<void> {
    let node = first;
    let failures = 0;
    let isReturn = false;
    while (this.isWanted) {
      if (await this.begin(node)) {
        failures = 0;
        if (isReturn) this.options.onReturn();
        await this.session!.stream.ended;
        const wasLost = this.isOn;
        this.finish('lost');
        this.leave();
        isReturn = wasLost;
        if (wasLost && this.absenceMs > 0) await sleep(this.absenceMs);
      } else failures++;
      const { nodes, random } = this.options;
      node = random.oneOf(nodes.filter((other) => other !== node));
      const ceiling = Math.min(MOST_BACKOFF_MS, LEAST_BACKOFF_MS * 2 ** failures);
      if (this.isWanted) await sleep(random.between(LEAST_BACKOFF_MS / 2, ceiling));
    }
  }

  private async begin(node: NodeProcess): Promise<boolean> {
    const { userId, token, platform, history } = this.options;
    const client = new Client([node.address], token);
    const stream = client.openSession({ platform });
    const late = setTimeout(() => stream.cancel(), CONNECT_WITHIN_MS);
    try {
      const { body } = await stream.next();
      if (body?.$case !== 'sessionStarted') throw new Error('session_started does not come first');
      const { sessionId } = body.value.session!;
      this.session = { sessionId, started: body.value, stream };
      this.client = client;
      this.span = { userId, node: node.name, sessionId, from: Date.now() };
      history.spans.push(this.span);
      // Somebody may have turned it off meanwhile.
      if (!this.isWanted) this.turnOff();
      return true;
    } catch {
      client.close();
      return false;
    } finally {
      clearTimeout(late);
    }
  }

  private finish(end: 'asked for' | 'lost'): void {
    if (this.span === undefined) return;
    this.span.until = Date.now();
    this.span.end = end;
    this.span = undefined;
  }

  private leave(): void {
    const { client } = this;
    this.session = undefined;
    this.client = undefined;
    setTimeout(() => client?.close(), CLOSE_AFTER_MS);
  }
}
