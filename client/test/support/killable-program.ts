import type { Transport } from '@connectrpc/connect';
import {
  createPresenceClient,
  type Consumer,
  type EventBatch,
  type Presence,
  type PresenceClient,
  type PresenceEvent,
  type Reset,
} from '@presence-service/client';
import { PATIENCE_MS } from '../../../test/support/eventually.js';
import { tokenOf } from '../../../test/support/service.js';
import { inTurn, type Protocol } from './protocols.js';

/** The database of a program. It outlasts the process when that is killed. */
export class Database {
  position: string | undefined;
  /** The members of the channel. */
  readonly members = new Map<string, Presence>();
  readonly resets: string[] = [];
  /** The version of each member in the last snapshot. */
  private readonly baseline = new Map<string, bigint>();
  /** The events since the last snapshot. */
  private readonly handled: PresenceEvent[] = [];

  constructor(readonly channelId: string) {}

  get state(): string[] {
    return [...this.members.values()].map(stateOf).sort();
  }

  /** The events of each user since the last snapshot. */
  get events(): EventsByUser {
    return byUser(
      this.handled.map(({ userId, kind, presence }) => [userId, kind, presence.version]),
    );
  }

  /** The events since the last snapshot, out of all events. */
  sinceSnapshot(lines: readonly EventLine[]): EventsByUser {
    return byUser(
      lines.filter(([userId, , version]) => version > (this.baseline.get(userId) ?? 0n)),
    );
  }

  replace({ reason, presences }: Reset): void {
    this.resets.push(reason);
    this.handled.length = 0;
    this.members.clear();
    this.baseline.clear();
    for (const presence of presences) {
      this.baseline.set(presence.userId, presence.version);
      this.store(presence);
    }
  }

  apply(event: PresenceEvent): void {
    this.handled.push(event);
    this.store(event.presence);
  }

  private store(presence: Presence): void {
    const { userId, channelIds } = presence;
    if (channelIds.includes(this.channelId)) this.members.set(userId, presence);
    else this.members.delete(userId);
  }
}

export function stateOf({ userId, status, isMicrophoneMuted, version }: Presence): string {
  return `${userId} ${status} ${isMicrophoneMuted} ${version}`;
}

/** An event in short. */
export type EventLine = readonly [userId: string, kind: string, version: bigint];

type EventsByUser = Readonly<Record<string, readonly string[]>>;

/** Groups events by user, in order. An event that arrived again counts once. */
function byUser(lines: readonly EventLine[]): EventsByUser {
  const users: Record<string, string[]> = {};
  for (const [userId, kind, version] of lines) {
    const known = (users[userId] ??= []);
    const line = `${kind} ${version}`;
    if (!known.includes(line)) known.push(line);
  }
  return users;
}

/** Called at every await of a program. `nth` counts the awaits, beginning with one. */
export type AtAwait = (program: KillableProgram, nth: number) => void | Promise<void>;

/** A backend that consumes the events of a channel into its database, and that can be killed at every await. */
export class KillableProgram {
  /** The awaits that the program has reached. */
  readonly reached: string[] = [];
  readonly consumer: Consumer;
  private readonly client: PresenceClient;
  private readonly connections: (() => void)[] = [];
  isDead = false;

  constructor(
    private readonly protocol: Protocol,
    private readonly addresses: () => readonly string[],
    private readonly database: Database,
    private readonly atAwait: AtAwait = () => {},
  ) {
    this.client = createPresenceClient({
      transport: () => this.open(),
      token: () => tokenOf('backend'),
      timeoutMs: PATIENCE_MS,
      // Short pauses.
      random: () => 0.05,
    });
    this.consumer = this.client.consume({
      channels: [database.channelId],
      position: {
        load: async () => {
          await this.await('load');
          return database.position;
        },
        save: async (position) => {
          await this.await('save');
          database.position = position;
          await this.await('saved');
        },
      },
      onEvents: (batch) => this.handle(batch),
    });
  }

  /** Ends the program as the kill of a process does: no code of it runs any more. */
  kill(): void {
    this.isDead = true;
    this.cut();
    this.client.close();
  }

  /** Cuts its connections. */
  cut(): void {
    for (const close of this.connections.splice(0)) close();
  }

  private async handle({ reset, events }: EventBatch): Promise<void> {
    const { database } = this;
    await this.await('handle');
    if (reset !== undefined) {
      database.replace(reset);
      await this.await('after the snapshot');
    }
    for (const event of events) {
      database.apply(event);
      await this.await('after an event');
    }
  }

  private async await(what: string): Promise<void> {
    if (!this.isDead) {
      this.reached.push(what);
      await this.atAwait(this, this.reached.length);
    }
    if (this.isDead) await new Promise(() => {});
  }

  private open(): Transport {
    const { transports, close } = this.protocol.open(this.addresses());
    this.connections.push(close);
    const transport = inTurn(transports);
    return {
      unary: (...call) => transport.unary(...call),
      stream: async (...call) => {
        await this.await('subscribe');
        const response = await transport.stream(...call);
        return { ...response, message: this.noticed(response.message) };
      },
    };
  }

  private async *noticed<M>(messages: AsyncIterable<M>): AsyncGenerator<M> {
    for await (const message of messages) {
      await this.await('message');
      yield message;
    }
  }
}
