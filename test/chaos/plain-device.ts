import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { Client, type OpenSession } from '../support/client.js';
import type { Command } from './command.js';
import type { Device } from './device.js';
import type { History, Span } from './history.js';
import type { NodeProcess } from './node-process.js';
import type { Random } from './random.js';
import type { Way } from './way.js';

/** The time that a client waits for its session to begin before it tries another node. */
const CONNECT_WITHIN_MS = 2500;

const LEAST_BACKOFF_MS = 50;
const MOST_BACKOFF_MS = 800;

const LOOK_MS = 20;

/** The time for the last request to reach the server. */
const CLOSE_AFTER_MS = 300;

/** A token and the groups in it. */
export interface SessionToken {
  readonly text: string;
  readonly groups: readonly string[];
}

export interface PlainDeviceOptions {
  readonly userId: string;
  /** Returns the token of the next session. */
  readonly token: () => Promise<SessionToken>;
  readonly platform: string;
  readonly way: Way;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
  /** Called when a session has begun that replaces a lost one. */
  readonly onReturn: () => void;
}

/** A device that calls the service without the client library, and restores nothing by itself. */
export class PlainDevice implements Device {
  span: Span | undefined;
  absenceMs = 0;
  attributes: ReadonlyMap<string, string> = new Map();
  /** Whether it keeps its stream open but sends no heartbeats, until it loses this session. */
  private isSilent = false;
  private client: Client | undefined;
  private session: OpenSession | undefined;
  private isWanted = false;
  private running: Promise<void> | undefined;

  constructor(private readonly options: PlainDeviceOptions) {}

  get isOn(): boolean {
    return this.span !== undefined;
  }

  get canBeTold(): boolean {
    return this.isOn;
  }

  get platform(): string {
    return this.options.platform;
  }

  get isSettled(): boolean {
    return this.isWanted === this.isOn;
  }

  /** Whether the service ends its session if it sends no heartbeats. */
  get mustBeat(): boolean {
    return this.isOn && this.session!.started.heartbeatTimeoutMs > 0;
  }

  async turnOn(node: NodeProcess): Promise<void> {
    this.isWanted = true;
    this.running ??= this.stay(node).finally(() => (this.running = undefined));
    while (this.isWanted && !this.isOn) await sleep(LOOK_MS);
  }

  turnOff(): void {
    this.isWanted = false;
    this.finish('asked for');
    this.session?.stream.cancel();
  }

  async tell(command: Command): Promise<boolean> {
    try {
      await this.call(command);
      return true;
    } catch (error) {
      if (!MAY_BE_SAID_AGAIN.has((error as { code?: number }).code)) throw error;
      return false;
    }
  }

  /** Stops its heartbeats. Resolves when the service has ended the session, or after `atMostMs`. */
  async fallSilent(atMostMs: number): Promise<void> {
    const { span } = this;
    if (span === undefined) return;
    const { userId, node, sessionId, history } = { ...this.options, ...span };
    this.isSilent = true;
    span.wasOwnFault = true;
    const silence = history.beginSilence({ userId, node, sessionId });
    await Promise.race([this.session!.stream.ended, sleep(atMostMs)]);
    this.isSilent = false;
    if (this.span !== span) silence.until = Date.now();
  }

  remove(): void {}

  private call(command: Command): Promise<unknown> {
    const client = this.client!;
    const { sessionId } = this.session!;
    switch (command.type) {
      case 'join':
        return client.joinChannel({
          sessionId,
          channelId: command.channelId,
          keepOthers: command.keepOthers,
        });
      case 'leave':
        return client.leaveChannel({ sessionId, channelId: command.channelId ?? '' });
      case 'mute':
        return client.updateMuteState({ sessionId, ...command.change });
      case 'choose':
        return client.updateStatus({
          sessionId,
          choice: command.choice,
          statusText: command.statusText,
        });
      case 'attributes':
        return client.updateAttributes({
          sessionId,
          set: new Map(command.set),
          remove: [...command.remove],
        });
    }
  }

  private async stay(first: NodeProcess): Promise<void> {
    let node = first;
    let failures = 0;
    let isReturn = false;
    while (this.isWanted) {
      if (await this.begin(node)) {
        failures = 0;
        if (isReturn) this.options.onReturn();
        const session = this.session!;
        void this.beat(this.client!, session);
        const { code, details } = await session.stream.ended;
        const wasLost = this.isOn;
        // A revocation is a command about the user.
        const end = code === status.UNAUTHENTICATED ? 'asked for' : 'lost';
        this.finish(end, `${status[code]}: ${details}`);
        this.leave();
        isReturn = wasLost;
        if (wasLost && this.absenceMs > 0) await sleep(this.absenceMs);
      } else failures++;
      const { nodes, random } = this.options;
      const others = nodes.filter((other) => other !== node);
      node = random.oneOf(others.length > 0 ? others : nodes);
      const ceiling = Math.min(MOST_BACKOFF_MS, LEAST_BACKOFF_MS * 2 ** failures);
      if (this.isWanted) await sleep(random.between(LEAST_BACKOFF_MS / 2, ceiling));
    }
  }

  private async begin(node: NodeProcess): Promise<boolean> {
    const { userId, token, platform, way, history } = this.options;
    const { text, groups } = await token();
    const askedAt = Date.now();
    const client = new Client([way.linkTo(node).address], text, way.channelTo);
    const stream = client.openSession({
      platform,
      requireHeartbeats: way.asksForHeartbeats,
      attributes: new Map(this.attributes),
    });
    const late = setTimeout(() => stream.cancel(), CONNECT_WITHIN_MS);
    try {
      const { body } = await stream.next();
      if (body?.$case !== 'sessionStarted')
        throw new Error('the first message is not session_started');
      const { sessionId } = body.value.session!;
      this.session = { sessionId, started: body.value, stream };
      this.client = client;
      const from = Date.now();
      this.span = { userId, node: node.name, way: way.name, sessionId, from, askedAt, groups };
      history.spans.push(this.span);
      // The device may have been turned off in the meantime.
      if (!this.isWanted) this.turnOff();
      return true;
    } catch {
      history.access.attempts.push({ userId, groups, from: askedAt, until: Date.now() });
      client.close();
      return false;
    } finally {
      clearTimeout(late);
    }
  }

  /** Sends a heartbeat after every message, as docs/browser.md requires of clients. */
  private async beat(client: Client, { sessionId, started, stream }: OpenSession): Promise<void> {
    if (started.heartbeatTimeoutMs === 0) return;
    try {
      for (;;) {
        await stream.next();
        // If a heartbeat is lost, another one follows.
        if (!this.isSilent) client.heartbeat({ sessionId }).catch(() => {});
      }
    } catch {
      // The stream has ended.
    }
  }

  private finish(end: 'asked for' | 'lost', why?: string): void {
    if (this.span === undefined) return;
    this.span.until = Date.now();
    this.span.end = end;
    if (why !== undefined) this.span.why = why;
    this.span = undefined;
  }

  private leave(): void {
    const { client } = this;
    this.session = undefined;
    this.client = undefined;
    setTimeout(() => client?.close(), CLOSE_AFTER_MS);
  }
}

/**
 * The codes after which a command is repeated: the node or Redis is unreachable, the connection
 * broke, or the session has ended and the client will begin another.
 */
const MAY_BE_SAID_AGAIN = new Set<number | undefined>([
  status.UNAVAILABLE,
  status.CANCELLED,
  status.NOT_FOUND,
  // The token was revoked, and the stream of the session has not ended yet.
  status.UNAUTHENTICATED,
  // A broken HTTP connection.
  status.ABORTED,
  status.INTERNAL,
]);
