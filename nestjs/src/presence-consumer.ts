import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Consumer, ConsumerState, EventBatch } from '@presence-service/client';
import { BatchProgress } from './batch-progress.js';
import { MODULE_OPTIONS_TOKEN, type PresenceClientModuleOptions } from './module-options.js';
import { PresenceClient } from './presence-client.js';
import { PresenceHandlers, type Handlers } from './presence-handlers.js';
import { PresencePositionStore } from './presence-position-store.js';

/** Feeds the handlers of `@OnPresence` from a durable consumer, from the start of the application to its shutdown. */
@Injectable()
export class PresenceConsumer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(PresenceConsumer.name);
  private consumer: Consumer | undefined;

  constructor(
    @Inject(MODULE_OPTIONS_TOKEN) private readonly options: PresenceClientModuleOptions,
    private readonly client: PresenceClient,
    private readonly handlers: PresenceHandlers,
  ) {}

  /** The state of the consumer, for health checks. Undefined: it has not started, or there are no handlers. */
  get state(): ConsumerState | undefined {
    return this.consumer?.state.value;
  }

  onApplicationBootstrap(): void {
    if (this.options.events?.autoStart ?? true) this.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.stop();
  }

  /**
   * Begins to receive events, unless it does already or the application has no handlers. The module calls it at the start of the
   * application, unless `autoStart` is false.
   */
  start(): void {
    if (this.consumer !== undefined) return;
    const handlers = this.handlers.find();
    if (handlers.ofEvents.length === 0 && handlers.ofResets.length === 0) return;
    const progress = new BatchProgress(handlers);
    const { users, channels, groups, kinds } = this.options.events ?? {};
    checkKinds(handlers, kinds);
    const consumer = this.client.consume({
      ...(users && { users }),
      ...(channels && { channels }),
      ...(groups && { groups }),
      ...(kinds && { kinds }),
      position: storeOf(handlers),
      onEvents: (batch) => {
        this.noteReset(batch, handlers);
        return progress.handle(batch);
      },
    });
    this.consumer = consumer;
    consumer.state.subscribe((state) => this.log(state));
  }

  /** Stops. Resolves when the handlers have finished the batch in progress and its position is saved. */
  async stop(): Promise<void> {
    const { consumer } = this;
    this.consumer = undefined;
    await consumer?.stop();
  }

  private noteReset({ reset }: EventBatch, { ofResets }: Handlers): void {
    if (reset === undefined || reset.reason === 'first-start' || ofResets.length > 0) return;
    this.logger.warn(
      `Events may be missing (${reset.reason}). A method with @OnPresenceReset would receive the current state.`,
    );
  }

  private log(state: ConsumerState): void {
    if (state.status === 'retrying') {
      const { callback, error, retryInMs } = state;
      const name =
        callback === 'onEvents'
          ? 'A handler of presence events'
          : `The ${callback} of the position store`;
      const pause = Math.round(retryInMs);
      this.logger.error(`${name} failed, and is called again in ${pause} ms: ${textOf(error)}`);
    } else if (state.status === 'stale' && state.error !== undefined) {
      this.logger.warn(`Presence events are late: ${state.error.message}`);
    } else if (state.status === 'closed' && state.reason !== 'closed') {
      this.logger.error(`No more presence events arrive: ${state.error.message}`);
    }
  }
}

function checkKinds({ ofEvents }: Handlers, kinds: readonly string[] | undefined): void {
  if (kinds === undefined) return;
  for (const handler of ofEvents) {
    for (const kind of handler.kinds ?? []) {
      if (!kinds.includes(kind)) {
        throw new Error(`${handler.name} would never be called: events.kinds lacks "${kind}".`);
      }
    }
  }
}

function storeOf({ stores }: Handlers): PresencePositionStore {
  const [store, ...others] = stores;
  if (store === undefined) {
    throw new Error('A handler of presence events needs a provider of PresencePositionStore.');
  }
  if (others.length > 0) throw new Error('There are several providers of PresencePositionStore.');
  return store;
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
