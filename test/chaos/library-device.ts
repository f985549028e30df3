import { setTimeout as sleep } from 'node:timers/promises';
import type { Interceptor, StreamResponse, Transport } from '@connectrpc/connect';
import {
  createConnectTransport,
  createGrpcTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import {
  createPresenceClient,
  PresenceError,
  type ChosenStatus,
  type PresenceClient,
  type Session,
  type SessionState,
} from '#client';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Command } from './command.js';
import type { Device } from './device.js';
import { FaultyLink } from './faulty-link.js';
import type { History, Span } from './history.js';
import type { NodeProcess } from './node-process.js';
import type { Random } from './random.js';
import { tokenOf } from './tokens.js';
import { throughLibrary } from './way.js';

const LOOK_MS = 20;

/** The time for the end of the session to reach the server. */
const CLOSE_AFTER_MS = 300;

/** The protocol of the client library. */
export type LibraryProtocol = 'gRPC' | 'Connect';

export interface LibraryDeviceOptions {
  readonly userId: string;
  readonly platform: string;
  readonly protocol: LibraryProtocol;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
  /** The validity of the next token, in seconds. */
  readonly tokenSeconds: () => number;
}

/** The node and the credentials with which a session began. */
interface Beginning {
  readonly node: string;
  readonly authorization: string | null;
}

/**
 * A device that uses the client library of this repository, over a separate network link that can
 * break.
 */
export class LibraryDevice implements Device {
  span: Span | undefined;
  absenceMs = 0;
  /** Not used: the library restores its attributes. */
  attributes: ReadonlyMap<string, string> = new Map();
  private readonly links = new Map<NodeProcess, Promise<FaultyLink>>();
  private readonly beginnings = new Map<string, Beginning>();
  private readonly calmTokens = new Set<string>();
  private client: PresenceClient | undefined;
  private session: Session | undefined;
  private at: NodeProcess | undefined;
  private cuts = 0;
  private lastCutAt = 0;
  private hasBegun = false;
  private isCalm = true;
  private sessionManagers: Http2SessionManager[] = [];

  constructor(private readonly options: LibraryDeviceOptions) {}

  get platform(): string {
    return this.options.platform;
  }

  get canBeTold(): boolean {
    return this.session !== undefined;
  }

  get isSettled(): boolean {
    const isOn = this.span !== undefined;
    return this.cuts === 0 && isOn === this.canBeTold && (!isOn || this.isCalm || this.keepsToken);
  }

  async turnOn(node: NodeProcess): Promise<void> {
    await this.prepareLinks();
    if (this.session === undefined) this.begin(node);
    while (this.session !== undefined && this.span === undefined) await sleep(LOOK_MS);
  }

  turnOff(): void {
    const { client, session, sessionManagers } = this;
    this.client = this.session = undefined;
    this.sessionManagers = [];
    this.finish('asked for');
    session?.close();
    setTimeout(() => {
      client?.close();
      for (const manager of sessionManagers) manager.abort();
    }, CLOSE_AFTER_MS);
  }

  async tell(command: Command): Promise<boolean> {
    try {
      await call(this.session!, command);
      return true;
    } catch (error) {
      if (error instanceof PresenceError && MAY_BE_SAID_AGAIN.has(error.code)) return false;
      throw error;
    }
  }

  /** Breaks its connections, and accepts no new ones for a time. */
  async cut(ms: number): Promise<void> {
    this.cuts++;
    this.lastCutAt = Date.now();
    if (this.span !== undefined) this.span.wasOwnFault = true;
    const links = await Promise.all(this.links.values());
    for (const link of links) link.refuse();
    await sleep(ms);
    this.lastCutAt = Date.now();
    if (--this.cuts === 0) for (const link of links) link.heal();
  }

  remove(): void {
    for (const link of this.links.values()) void link.then((one) => one.close());
  }

  private begin(node: NodeProcess): void {
    const { userId, platform, tokenSeconds } = this.options;
    this.at = undefined;
    this.client = createPresenceClient({
      transport: () => this.transportTo(this.at === undefined ? node : this.elsewhere()),
      token: async () => {
        const seconds = tokenSeconds();
        const token = await tokenOf(userId, { ttlSeconds: seconds });
        if (seconds >= CALM_SECONDS) this.calmTokens.add(token);
        return token;
      },
    });
    // Like a voice client, the device starts with microphone and speaker unmuted. Later sessions
    // keep the existing state.
    const mute = this.hasBegun ? {} : { microphoneMuted: false, speakerMuted: false };
    this.hasBegun = true;
    const session = this.client.connect({ platform, ...mute });
    this.session = session;
    session.state.subscribe((state) => {
      if (this.session === session) this.note(state);
    });
  }

  private note(state: SessionState): void {
    if (state.status === 'online') {
      const { userId, history, protocol } = this.options;
      const { sessionId } = state;
      const { node = 'unknown', authorization } = this.beginnings.get(sessionId) ?? {};
      this.beginnings.clear();
      // Either a session begins, or the library has moved to a new one.
      this.finish('asked for');
      this.span = { userId, node, way: throughLibrary(protocol), sessionId, from: Date.now() };
      this.isCalm = this.calmTokens.has(authorization?.replace('Bearer ', '') ?? '');
      history.spans.push(this.span);
    } else if (state.status !== 'connecting') {
      this.finish('lost', `${state.error.code}: ${state.error.message}`);
      // If the library never gives up, the device stays unsettled, and its user counts as not
      // served.
    }
  }

  private get keepsToken(): boolean {
    return this.options.tokenSeconds() < CALM_SECONDS;
  }

  private finish(end: 'asked for' | 'lost', why?: string): void {
    const { span } = this;
    if (span === undefined) return;
    span.until = Date.now();
    span.end = end;
    if (why !== undefined) span.why = why;
    if (this.cuts > 0 || span.until - this.lastCutAt < NOTICED_WITHIN_MS) span.wasOwnFault = true;
    this.span = undefined;
  }

  private elsewhere(): NodeProcess {
    const { nodes, random } = this.options;
    const others = nodes.filter((node) => node !== this.at);
    return random.oneOf(others.length > 0 ? others : nodes);
  }

  private async prepareLinks(): Promise<void> {
    const { nodes, protocol } = this.options;
    for (const node of nodes) {
      const { port } = protocol === 'gRPC' ? node.clientLink : node.httpLink;
      if (!this.links.has(node)) this.links.set(node, FaultyLink.to(port));
      this.ports.set(node, (await this.links.get(node)!).port);
    }
  }

  private readonly ports = new Map<NodeProcess, number>();

  private transportTo(node: NodeProcess): Transport {
    this.at = node;
    const baseUrl = `http://127.0.0.1:${this.ports.get(node)}`;
    const interceptors = [this.noting(node)];
    if (this.options.protocol === 'Connect') {
      return createConnectTransport({ baseUrl, httpVersion: '1.1', interceptors });
    }
    const sessionManager = new Http2SessionManager(baseUrl);
    this.sessionManagers.push(sessionManager);
    return createGrpcTransport({ baseUrl, sessionManager, interceptors });
  }

  /** Records the session and its node. The library does not expose the node. */
  private noting(node: NodeProcess): Interceptor {
    return (next) => async (request) => {
      const response = await next(request);
      if (!response.stream || request.method.name !== 'Connect') return response;
      const beginning = {
        node: node.name,
        authorization: request.header.get('authorization'),
      };
      return { ...response, message: this.noted(response, beginning) };
    };
  }

  private async *noted({ message }: StreamResponse, beginning: Beginning) {
    for await (const answer of message) {
      const { body } = answer as unknown as StartedMessage;
      if (body?.case === 'sessionStarted') {
        this.beginnings.set(body.value.session.sessionId, beginning);
      }
      yield answer;
    }
  }
}

interface StartedMessage {
  readonly body?: {
    readonly case: string;
    readonly value: { readonly session: { readonly sessionId: string } };
  };
}

/** A validity long enough that no token is renewed during a scenario. */
export const CALM_SECONDS = 3600;

/** The library notices a disconnect at once, unless the machine is busy. */
const NOTICED_WITHIN_MS = 2000;

function call(session: Session, command: Command): Promise<unknown> {
  switch (command.type) {
    case 'join':
      return session.joinChannel(command.channelId, { keepOthers: command.keepOthers });
    case 'leave':
      return session.leaveChannel(command.channelId);
    case 'attributes':
      return session.setAttributes({
        ...Object.fromEntries(command.set),
        ...Object.fromEntries(command.remove.map((key) => [key, undefined])),
      });
    case 'mute': {
      const { isMicrophoneMuted, isSpeakerMuted } = command.change;
      return session.mute({
        ...(isMicrophoneMuted !== undefined && { microphone: isMicrophoneMuted }),
        ...(isSpeakerMuted !== undefined && { speaker: isSpeakerMuted }),
      });
    }
    case 'choose':
      return session.setStatus(CHOICES.get(command.choice)!, { text: command.statusText });
  }
}

const CHOICES: ReadonlyMap<StatusChoice, ChosenStatus> = new Map([
  [StatusChoice.STATUS_CHOICE_AUTOMATIC, 'automatic'],
  [StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB, 'do-not-disturb'],
  [StatusChoice.STATUS_CHOICE_AWAY, 'away'],
  [StatusChoice.STATUS_CHOICE_INVISIBLE, 'invisible'],
]);

const MAY_BE_SAID_AGAIN = new Set<string>([
  'unavailable',
  'timeout',
  'cancelled',
  'closed',
  'not-found',
  'unauthenticated',
]);
