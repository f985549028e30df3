import { Code, ConnectError } from '@connectrpc/connect';
import {
  createPresenceClient,
  type PresenceCollection,
  type WatchOptions,
} from '@presence-service/client';
import { ChangeReason, Sync } from '../../src/generated/presence/v1/events_service_pb.js';
import { PresenceStatus } from '../../src/generated/presence/v1/presence_pb.js';
import { FakeService, told } from './fake-service.js';
import { ManualTimers, settled } from './manual-timers.js';
import { tokenNumber } from './tokens.js';

export const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);
export const rejectedToken = (): ConnectError =>
  new ConnectError('token expired', Code.Unauthenticated);

/** Clients that watch users, and the service that they call. */
export class CollectionWorld {
  readonly timers = new ManualTimers();
  readonly service = new FakeService(() => this.timers.now());

  watch(options: WatchOptions = { channels: ['lobby'] }): PresenceCollection {
    let tokens = 0;
    const { transport } = this.service;
    const token = () => tokenNumber(++tokens);
    return createPresenceClient({
      ...{ transport, token, timers: this.timers, random: () => 1 },
    }).watch(options);
  }

  /** Opens a collection that shows ann at version 1 and bob at version 2, with the resume token "t1". */
  async live(options?: WatchOptions): Promise<PresenceCollection> {
    const collection = this.watch(options);
    await settled();
    const { subscription } = this.service;
    subscription.send(told({ snapshot: [user('ann', 1), user('bob', 2)] }));
    subscription.send(told({ sync: Sync.CURRENT, resumeToken: 't1' }));
    await collection.ready;
    return collection;
  }

  async breakOff(error = unavailable()): Promise<void> {
    this.service.subscription.fail(error);
    await this.timers.pass(1000);
  }
}

export function user(
  userId: string,
  version: number,
  currentChannelId: string | undefined = 'lobby',
) {
  return {
    userId,
    version: BigInt(version),
    status: PresenceStatus.ONLINE,
    ...(currentChannelId !== '' && { currentChannelId }),
  };
}

export function event(presence: ReturnType<typeof user> & { readonly channelIds?: string[] }) {
  return { presence, reason: ChangeReason.REQUESTED };
}
