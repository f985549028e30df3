import type { MessageInitShape } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  createPresenceClient,
  type ConsumeOptions,
  type Consumer,
  type EventBatch,
} from '@presence-service/client';
import {
  ChangeReason,
  Sync,
  type PresenceEventSchema,
} from '../../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../../src/generated/presence/v1/presence_pb.js';
import { FakeService, told } from './fake-service.js';
import { ManualTimers, settled } from './manual-timers.js';
import { tokenNumber } from './tokens.js';

export const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);

/** A program with a consumer, and the service that it calls. */
export class ConsumerWorld {
  readonly timers = new ManualTimers();
  readonly service = new FakeService(() => this.timers.now());
  private tokens = 0;
  readonly client = createPresenceClient({
    transport: this.service.transport,
    token: () => tokenNumber(++this.tokens),
    timers: this.timers,
    random: () => 1,
  });
  /** The calls of the functions of the program, in order. */
  readonly calls: string[] = [];
  /** The position that the program has saved. */
  stored: string | undefined;
  /** Errors that the next calls of a function throw. */
  readonly errors: Record<'load' | 'onEvents' | 'save', Error[]> = {
    load: [],
    onEvents: [],
    save: [],
  };
  /** Whether calls of `onEvents` wait for `release`. */
  isHeld = false;
  /** Ends the call of `onEvents` that is in progress, if calls are held. */
  release: () => void = () => {};

  close(): void {
    this.client.close();
  }

  /** Starts a consumer whose functions record their calls, and whose position is `stored`. */
  consume(options: Partial<ConsumeOptions> = {}): Consumer {
    return this.client.consume({
      position: {
        load: async () => {
          this.calls.push('load');
          this.throwNext('load');
          return this.stored;
        },
        save: async (position) => {
          this.calls.push(`save ${tokenIn(position)}`);
          this.throwNext('save');
          this.stored = position;
        },
      },
      onEvents: async (batch) => {
        this.calls.push(inWords(batch));
        if (this.isHeld) await new Promise<void>((resolve) => (this.release = resolve));
        this.throwNext('onEvents');
      },
      ...options,
    });
  }

  /** Starts a consumer that has handled a first snapshot and saved the position "t1". */
  async live(options?: Partial<ConsumeOptions>): Promise<Consumer> {
    const consumer = this.consume(options);
    await settled();
    await this.send({ snapshot: [user('ann', 1)] }, { sync: Sync.CURRENT, resumeToken: 't1' });
    this.calls.length = 0;
    return consumer;
  }

  async send(...messages: Parameters<typeof told>[0][]): Promise<void> {
    for (const message of messages) this.service.subscription.send(told(message));
    await settled();
  }

  async breakOff(error = unavailable()): Promise<void> {
    this.service.subscription.fail(error);
    await this.timers.pass(1000);
  }

  private throwNext(callback: keyof typeof this.errors): void {
    const error = this.errors[callback].shift();
    if (error !== undefined) throw error;
  }
}

export function user(userId: string, version: number) {
  return { userId, version: BigInt(version), status: PresenceStatus.ONLINE };
}

export function muted(
  userId: string,
  version: number,
): MessageInitShape<typeof PresenceEventSchema> {
  const change = { case: 'userMuteStateChanged', value: {} } as const;
  return { presence: user(userId, version), reason: ChangeReason.REQUESTED, change };
}

/** Returns the resume token in a position. */
export function tokenIn(position: string): string {
  return position.split('.').at(-1)!;
}

function inWords({ reset, events, position }: EventBatch): string {
  const state = reset?.presences.map(({ userId, version }) => `${userId} ${version}`).join(', ');
  const start = reset === undefined ? [] : [`${reset.reason}: ${state}`];
  const parts = events.map(({ userId, kind, presence }) => `${userId} ${kind} ${presence.version}`);
  return [...start, ...parts, `at ${tokenIn(position)}`].join('; ');
}
