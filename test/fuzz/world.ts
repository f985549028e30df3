import { setImmediate } from 'node:timers/promises';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { FanOut } from '../../src/events/fan-out.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { PresenceStore } from '../../src/store/presence-store.js';
import type { Client, OpenSession } from '../support/client.js';
import { Picture, everyoneOnline } from '../support/picture.js';
import { httpAddress, Service, tokenOf, type TokenOptions } from '../support/service.js';
import type { Answer } from './answer.js';
import type { Call } from './calls.js';
import { Connection, type RawRequest } from './connection.js';
import { Faults } from './faults.js';
import { callOverHttp } from './http-call.js';
import type { Vocabulary } from './texts.js';

const USERS = ['ann', 'ben'];

const SETTINGS = {
  // Sessions over HTTP need heartbeats. The clock does not advance, so none is missed.
  HEARTBEAT_TIMEOUT_MS: '604800000',
  VISIBILITY: 'groups',
};

/** The tokens of callers whom a call may name, and whose tokens it may revoke. */
const TOKENS: Readonly<Record<string, TokenOptions>> = {
  ann: { grants: { groups: ['acme'] } },
  ben: { grants: { groups: ['acme', 'bolt'] } },
  admin: { isAdmin: true },
};

const GUEST: GrantsClaim = { groups: ['acme'], watch: ['lobby'], watch_only: true };

/** The internal state of the service. */
export interface Sight {
  /** The number of commits so far. */
  readonly commits: number;
  readonly state: string;
}

/** A running service, with access to its internal state and its API. */
export class World {
  private commits = 0;
  private readonly faults = new Faults();
  private readonly connections: readonly Connection[];
  private readonly sessions = new Map<string, OpenSession>();
  private readonly tokens = new Map<string, string>();
  /** The revocations after which the tokens were renewed, by user. */
  private readonly renewed = new Map<string, number>();
  private pageTokens: readonly string[] = [];
  private readonly httpAddresses: readonly string[];
  private turn = 0;

  private constructor(
    readonly service: Service,
    private readonly clients: Map<string, Client>,
    /** An admin whom no call names. */
    private readonly auditor: Client,
    private readonly picture: Picture,
  ) {
    this.connections = service.addresses().map((address) => new Connection(address));
    this.httpAddresses = service.addresses(httpAddress);
    this.faults.start();
    const [store] = service.all(PresenceStore);
    store.commits.subscribe(() => this.commits++);
  }

  static async start(): Promise<World> {
    const service = await Service.start(SETTINGS);
    const auditor = await service.client('auditor', { isAdmin: true });
    const picture = new Picture(auditor.subscribe());
    const world = new World(service, new Map(), auditor, picture);
    await world.picture.untilCurrent();
    for (const userId of Object.keys(TOKENS)) await world.renewToken(userId, Date.now());
    world.tokens.set('guest', await tokenOf('guest', { grants: GUEST }));
    world.tokens.set('stranger', 'a.b.c');
    await world.settle();
    await world.learnTokens();
    return world;
  }

  /** Existing values, by the names of the fields that may hold them. */
  readonly vocabulary: Vocabulary = (field) => {
    switch (field) {
      case 'session_id':
        return [...this.sessions.values()].map(({ sessionId }) => sessionId);
      case 'user_id':
      case 'user_ids':
        return [...USERS, 'admin', 'never seen'];
      case 'channel_id':
      case 'channel_ids':
        // Names that a careless comparison could treat as equal.
        return ['lobby', 'LOBBY', ' lobby ', 'cafe\u0301', 'caf\u00e9'];
      case 'group_id':
      case 'group_ids':
        return ['acme', 'ACME', 'bolt'];
      case 'platform':
        return ['', 'desktop', 'mobile'];
      case 'status_text':
        return ['', 'out for lunch', ' \u202eout ', 'cafe\u0301'];
      case 'page_token':
        return ['', ...this.pageTokens];
      case 'resume_token':
        return ['', this.picture.resumeToken];
      case 'service':
        return ['', 'presence.v1.SessionService', 'grpc.health.v1.Health'];
      case 'file_by_filename':
        return ['presence_v1.proto', 'google_protobuf.proto'];
      default:
        return ['presence.v1.Presence', 'presence.v1.SessionService'];
    }
  };

  /** Makes a call and waits until all its effects are complete. */
  async call(call: Call): Promise<Answer> {
    const turn = this.turn++;
    const { path, kind } = call.rpc;
    const { contentType, isGrpc } = call.protocol;
    const token = this.tokens.get(call.caller);
    const raw = { ...call, path, contentType, token, isStream: kind === 'server_streaming' };
    const answer = await this.faults.guard(
      isGrpc ? this.overGrpc(turn, raw) : this.overHttp(turn, raw),
    );
    await this.settle();
    return answer;
  }

  /** Returns the first fault in the log or the process of the server since the last call. */
  takeFault(): string | undefined {
    return this.faults.take();
  }

  /** Returns all state that a rejected call must not change. */
  async look(): Promise<Sight> {
    const [store] = this.service.all(PresenceStore);
    const users = await Promise.all(USERS.map((userId) => store.get({ userId })));
    return { commits: this.commits, state: JSON.stringify(users) };
  }

  /**
   * Lets an honest user act, and returns the events that a subscriber received and the content of
   * the lists. If they differ, an event was lost.
   */
  async compareViews(
    channelId: string,
  ): Promise<{ readonly received: string; readonly listed: string }> {
    const ann = this.clients.get('ann')!;
    const { sessionId } = this.sessions.get('ann')!;
    await ann.updateStatus({ sessionId, choice: StatusChoice.STATUS_CHOICE_AUTOMATIC });
    await ann.joinChannel({ sessionId, channelId });
    await this.picture.untilIn('ann', channelId);
    const listed = await everyoneOnline(this.auditor);
    return { received: JSON.stringify(this.picture.online()), listed: JSON.stringify(listed) };
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.close();
    await this.service.stop();
    this.faults.stop();
  }

  private overGrpc(turn: number, raw: RawRequest): Promise<Answer> {
    return this.connections[turn % this.connections.length]!.call(raw);
  }

  private overHttp(turn: number, raw: RawRequest): Promise<Answer> {
    return callOverHttp(this.httpAddresses[turn % this.httpAddresses.length]!, raw);
  }

  /**
   * Waits until cancelled streams have ended, renews revoked tokens, and begins new sessions for users who lost theirs.
   */
  private async settle(): Promise<void> {
    for (const userId of Object.keys(TOKENS)) await this.renewIfRevoked(userId);
    for (const userId of USERS) await this.keepConnected(userId);
    while (
      this.service.sizeOf(SessionRegistry) > this.sessions.size ||
      this.service.sizeOf(FanOut) > 1
    ) {
      await setImmediate();
    }
    await Promise.all(this.service.all(PresenceStore).map((store) => store.view.awaitCurrent()));
  }

  private async keepConnected(userId: string): Promise<void> {
    const { sessions } = await this.service.all(PresenceStore)[0].get({ userId });
    const current = this.sessions.get(userId)?.sessionId;
    if (sessions.some(({ sessionId }) => sessionId === current)) return;
    this.sessions.set(userId, await this.clients.get(userId)!.connect());
  }

  private async renewIfRevoked(userId: string): Promise<void> {
    const { accessRules } = await this.service.all(PresenceStore)[0].get({ userId });
    const { tokensValidFrom = 0 } = accessRules;
    if (tokensValidFrom <= (this.renewed.get(userId) ?? 0)) return;
    this.renewed.set(userId, tokensValidFrom);
    // A token states the second of its issue.
    await this.renewToken(userId, Math.ceil(tokensValidFrom / 1000) * 1000);
  }

  private async renewToken(userId: string, now: number): Promise<void> {
    const token = await tokenOf(userId, { ...TOKENS[userId], now });
    this.tokens.set(userId, token);
    this.clients.get(userId)?.close();
    this.clients.set(userId, this.service.clientWithToken(token));
  }

  private async learnTokens(): Promise<void> {
    const { nextPageToken } = await this.auditor.listOnlineUsers({ pageSize: 1 });
    this.pageTokens = [nextPageToken];
  }
}
