import type { PresenceClient, Session } from '@presence-service/client';
import type { Client } from '../../../test/support/client.js';
import { eventually } from '../../../test/support/eventually.js';
import type { SubscriptionReader } from '../../../test/support/subscription-reader.js';
import {
  Database,
  KillableProgram,
  stateOf,
  type AtAwait,
  type EventLine,
} from './killable-program.js';
import { PROTOCOLS } from './protocols.js';

/** The kinds of event in this test, as the library names them. */
const KINDS: Readonly<Record<string, string>> = {
  userStatusChanged: 'status-changed',
  userChannelChanged: 'channel-changed',
  userMuteStateChanged: 'mute-changed',
};

/** The history of one channel, and the database of a program that consumes it. */
export class ConsumedHistory {
  readonly database: Database;
  private readonly witnessed: EventLine[] = [];

  private constructor(
    private readonly channelId: string,
    private readonly ann: Session,
    private readonly bob: Session,
    private readonly watcher: PresenceClient,
    /** A subscriber without breaks. */
    private readonly witness: SubscriptionReader,
  ) {
    this.database = new Database(channelId);
  }

  /** Begins with Ann in the channel, and Bob online. */
  static async begin(
    channelId: string,
    clientOf: (userId: string) => PresenceClient,
    witness: Client,
  ): Promise<ConsumedHistory> {
    const [ann, bob] = ['ann', 'bob'].map((name) =>
      clientOf(`${name} of ${channelId}`).connect(),
    ) as [Session, Session];
    await Promise.all([ann.joinChannel(channelId), bob.ready]);
    const subscription = witness.subscribe({ channelIds: [channelId] });
    await subscription.beginning();
    return new ConsumedHistory(channelId, ann, bob, clientOf('watcher'), subscription);
  }

  /** Starts the program. `addresses` are those of the service for the next connection. */
  start(addresses: () => readonly string[], atAwait?: AtAwait): KillableProgram {
    return new KillableProgram(PROTOCOLS[0]!, addresses, this.database, atAwait);
  }

  /** Lets events happen while the program runs, also while its connection is lost. */
  async runWith(program: KillableProgram): Promise<void> {
    await this.settle(program);
    await this.bob.joinChannel(this.channelId);
    await this.settle(program);
    program.cut();
    await this.ann.mute({ microphone: true });
    await this.bob.leaveChannel();
    await this.settle(program);
  }

  /** Lets events happen after which both users are in the channel. */
  async goOn(): Promise<void> {
    await this.bob.joinChannel(this.channelId);
    await this.ann.leaveChannel();
    await this.ann.joinChannel(this.channelId);
    await this.bob.setStatus('away');
  }

  /**
   * Waits until the program has the state of the service, with at least this number of members, unless it is killed
   * before. After a restart of the service, the users come back one after the other.
   */
  async settle(program: KillableProgram, leastMembers = 0): Promise<void> {
    await eventually(async () => {
      if (program.isDead) return true;
      const { state } = this.database;
      if (state.length < leastMembers) return false;
      return state.join() === (await this.members()).map(stateOf).sort().join();
    }, true);
  }

  /** All events so far, if both users are in the channel. */
  async events(): Promise<readonly EventLine[]> {
    const members = await this.members();
    const isHere = ({ userId, version }: (typeof members)[number]): boolean =>
      this.witnessed.some(([id, , at]) => id === userId && at === version);
    while (!members.every(isHere)) {
      const { change, presence } = await this.witness.nextEvent();
      const { userId, version } = presence!;
      this.witnessed.push([userId, KINDS[change!.$case] ?? change!.$case, BigInt(version)]);
    }
    return this.witnessed;
  }

  end(): void {
    this.witness.cancel();
    this.ann.close();
    this.bob.close();
  }

  private async members() {
    const members = [];
    for await (const presence of this.watcher.listMembers(this.channelId)) members.push(presence);
    return members;
  }
}
