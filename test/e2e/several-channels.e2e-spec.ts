import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  PresenceEvent,
  UserChannelChanged,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Client, OpenSession } from '../support/client.js';
import { inWords, statusOf } from '../support/in-words.js';
import { Service } from '../support/service.js';
import type { SubscriptionReader } from '../support/subscription-reader.js';

const { STATUS_CHOICE_INVISIBLE: INVISIBLE, STATUS_CHOICE_AUTOMATIC: AUTOMATIC } = StatusChoice;

/** The channel change of an event, as in "[a b] joined c, left a". The current channel comes last. */
function brief({ presence, change }: PresenceEvent): string {
  const { joinedChannelIds, leftChannelIds } = change?.value as UserChannelChanged;
  const now = `[${presence!.channelIds.join(' ')}] at ${presence!.currentChannelId ?? '-'}`;
  return `${now}, joined ${joinedChannelIds.join(' ') || '-'}, left ${leftChannelIds.join(' ') || '-'}`;
}

describe('A user in several channels', () => {
  let service: Service;
  let reader: Client;
  beforeAll(async () => {
    service = await Service.start({ MAX_SUBSCRIPTIONS_PER_USER_PER_NODE: '99' });
    reader = await service.client('reader', { isAdmin: true });
  });
  afterAll(() => service.stop());

  interface User extends OpenSession {
    readonly client: Client;
    readonly watcher: SubscriptionReader;
  }

  /** Connects a user, and a subscriber that has received its online event. */
  async function connect(userId: string): Promise<User> {
    const client = await service.client(userId);
    const session = await client.connect();
    const watcher = reader.subscribe({ userIds: [userId] });
    await watcher.beginning();
    return { client, watcher, ...session };
  }

  function join(client: Client, sessionId: string, channelId: string) {
    return client.joinChannel({ sessionId, channelId, keepOthers: true });
  }

  async function membersOf(channelId: string): Promise<string[]> {
    const { presences, totalSize } = await reader.listChannelMembers({ channelId });
    expect(totalSize).toBe(presences.length);
    return presences.map(({ userId }) => userId);
  }

  it('joins with keep_others, and the current channel is the one joined last', async () => {
    const { client, sessionId, watcher } = await connect('ann');
    await join(client, sessionId, 'ann-b');
    const { presence } = await join(client, sessionId, 'ann-a');
    expect(presence).toMatchObject({
      channelIds: ['ann-a', 'ann-b'],
      currentChannelId: 'ann-a',
    });
    const events = await watcher.nextEvents(2);
    expect(events.map(brief)).toEqual([
      '[ann-b] at ann-b, joined ann-b, left -',
      '[ann-a ann-b] at ann-a, joined ann-a, left -',
    ]);
    expect(events.map(inWords)).toEqual(Array(2).fill('userChannelChanged REQUESTED'));
    expect(events[1]?.presence).toEqual(presence);
    expect([await membersOf('ann-a'), await membersOf('ann-b')]).toEqual([['ann'], ['ann']]);
    expect((await reader.getPresence({ userId: 'ann' })).presence).toEqual(presence);
  });

  it('joins a channel again, which only makes it the current one', async () => {
    const { client, sessionId, watcher } = await connect('ben');
    await join(client, sessionId, 'ben-1');
    await join(client, sessionId, 'ben-2');
    await join(client, sessionId, 'ben-2');
    await join(client, sessionId, 'ben-1');
    await client.leaveChannel({ sessionId });
    expect((await watcher.nextEvents(4)).map(brief)).toEqual([
      '[ben-1] at ben-1, joined ben-1, left -',
      '[ben-1 ben-2] at ben-2, joined ben-2, left -',
      '[ben-1 ben-2] at ben-1, joined -, left -',
      '[] at -, joined -, left ben-1 ben-2',
    ]);
  });

  it('leaves all others with a join without keep_others, those of other sessions as well', async () => {
    const { client, sessionId, watcher } = await connect('cid');
    const other = await client.connect();
    await join(client, sessionId, 'cid-1');
    await join(client, other.sessionId, 'cid-2');
    await client.joinChannel({ sessionId, channelId: 'cid-3' });
    expect((await watcher.nextEvents(3)).map(brief)[2]).toBe(
      '[cid-3] at cid-3, joined cid-3, left cid-1 cid-2',
    );
    expect([await membersOf('cid-1'), await membersOf('cid-2')]).toEqual([[], []]);
  });

  it('leaves the channel that LeaveChannel names, from any session, and stays in the others', async () => {
    const { client, sessionId, watcher } = await connect('dee');
    const other = await client.connect();
    for (const channelId of ['dee-1', 'dee-2', 'dee-3']) await join(client, sessionId, channelId);
    await client.leaveChannel({ sessionId: other.sessionId, channelId: 'dee-3' });
    const { presence } = await client.leaveChannel({ sessionId, channelId: 'dee-1' });
    const again = await client.leaveChannel({ sessionId, channelId: 'dee-1' });
    expect(again.presence).toEqual(presence);
    const nowhere = await client.leaveChannel({ sessionId, channelId: 'never joined' });
    expect(nowhere.presence).toEqual(presence);
    await client.leaveChannel({ sessionId });
    expect((await watcher.nextEvents(6)).map(brief).slice(3)).toEqual([
      '[dee-1 dee-2] at dee-2, joined -, left dee-3',
      '[dee-2] at dee-2, joined -, left dee-1',
      '[] at -, joined -, left dee-2',
    ]);
  });

  it('is in the channel of each session, and leaves it with that session', async () => {
    const { client, sessionId, stream, watcher } = await connect('eva');
    const other = await client.connect();
    await join(client, sessionId, 'eva-1');
    await join(client, sessionId, 'eva-both');
    await join(client, other.sessionId, 'eva-2');
    await join(client, other.sessionId, 'eva-both');
    const { sessions } = await client.listSessions();
    expect(sessions.map(({ channelIds }) => channelIds)).toEqual([
      ['eva-1', 'eva-both'],
      ['eva-2', 'eva-both'],
    ]);
    stream.cancel();
    await client.endSession({ sessionId });
    await client.endSession({ sessionId: other.sessionId });
    const events = await watcher.until(({ events: all }) => all.some(isOffline));
    expect(events.events.map(inWords).at(-1)).toBe('userOffline SESSION_ENDED');
    expect(events.events.at(-1)!.presence!.channelIds).toEqual([]);
    for (const channelId of ['eva-1', 'eva-2', 'eva-both']) {
      expect(await membersOf(channelId)).toEqual([]);
    }
  });

  it('stays in a channel as long as one session has joined it', async () => {
    const { client, sessionId, watcher } = await connect('fay');
    const other = await client.connect();
    await join(client, sessionId, 'fay-both');
    await join(client, sessionId, 'fay-1');
    await join(client, other.sessionId, 'fay-both');
    await client.endSession({ sessionId });
    const events = await watcher.nextEvents(4);
    expect(brief(events[3]!)).toBe('[fay-both] at fay-both, joined -, left fay-1');
    expect(inWords(events[3]!)).toBe('userChannelChanged SESSION_ENDED');
  });

  it('receives its channels in Connect and Choices', async () => {
    const { client, sessionId, stream } = await connect('gus');
    await join(client, sessionId, 'gus-1');
    const other = await client.connect();
    expect(other.started.session?.channelIds).toEqual([]);
    const { choices } = await join(client, other.sessionId, 'gus-2');
    const heldBy = (held: readonly string[]) =>
      ['gus-1', 'gus-2'].map((channelId) => ({ channelId, isHeld: held.includes(channelId) }));
    expect(choices?.channel?.channels).toMatchObject(heldBy(['gus-2']));
    const { body } = await stream.next();
    expect(body).toMatchObject({ $case: 'choices' });
    expect(body).toMatchObject({ value: { channel: { channels: heldBy(['gus-1']) } } });
  });

  it('is in the list and the snapshot of each of them, once', async () => {
    const { client, sessionId } = await connect('hal');
    for (const channelId of ['hal-1', 'hal-2', 'hal-3']) await join(client, sessionId, channelId);
    for (const channelIds of [['hal-1'], ['hal-2'], ['hal-1', 'hal-2', 'hal-3']]) {
      const { snapshot } = await reader.subscribe({ channelIds }).beginning();
      expect(snapshot.map(({ userId }) => userId)).toEqual(['hal']);
    }
    const { presences } = await reader.listChannelMembers({ channelId: 'hal-1' });
    expect(presences[0]?.channelIds).toEqual(['hal-1', 'hal-2', 'hal-3']);
  });

  it('is seen by a filter of any of the channels, until the user leaves that channel', async () => {
    const { client, sessionId } = await connect('ida');
    const watcher = reader.subscribe({ channelIds: ['ida-1'] });
    await watcher.beginning();
    await client.updateMuteState({ sessionId, isSpeakerMuted: true });
    await join(client, sessionId, 'ida-2');
    await join(client, sessionId, 'ida-1');
    await join(client, sessionId, 'ida-3');
    await client.updateMuteState({ sessionId, isSpeakerMuted: false });
    await client.leaveChannel({ sessionId, channelId: 'ida-1' });
    await client.updateMuteState({ sessionId, isSpeakerMuted: true });
    await client.leaveChannel({ sessionId, channelId: 'ida-2' });
    await join(client, sessionId, 'ida-1');
    const events = await watcher.nextEvents(5);
    expect(events.map(({ change }) => change?.$case)).toEqual([
      'userChannelChanged',
      'userChannelChanged',
      'userMuteStateChanged',
      'userChannelChanged',
      'userChannelChanged',
    ]);
    expect([0, 1, 3, 4].map((i) => brief(events[i]!))).toEqual([
      '[ida-1 ida-2] at ida-1, joined ida-1, left -',
      '[ida-1 ida-2 ida-3] at ida-3, joined ida-3, left -',
      '[ida-2 ida-3] at ida-3, joined -, left ida-1',
      '[ida-1 ida-3] at ida-1, joined ida-1, left -',
    ]);
  });

  it('takes all channels over into a session that names its previous one', async () => {
    const { client, sessionId, stream, watcher } = await connect('jan');
    await join(client, sessionId, 'jan-1');
    await join(client, sessionId, 'jan-2');
    const next = await client.connect({ previousSessionId: sessionId });
    expect(next.started.session?.channelIds).toEqual(['jan-1', 'jan-2']);
    stream.cancel();
    await client.endSession({ sessionId });
    expect((await reader.getPresence({ userId: 'jan' })).presence).toMatchObject({
      channelIds: ['jan-1', 'jan-2'],
      currentChannelId: 'jan-2',
    });
    await client.endSession({ sessionId: next.sessionId });
    const events = await watcher.nextEvents(4);
    expect(brief(events[2]!)).toBe('[] at -, joined -, left jan-1 jan-2');
  });

  it('leaves them all without a trace with INVISIBLE, and shows them again afterwards', async () => {
    const { client, sessionId, watcher } = await connect('kit');
    await join(client, sessionId, 'kit-1');
    await join(client, sessionId, 'kit-2');
    const hidden = await client.updateStatus({ sessionId, choice: INVISIBLE });
    expect(hidden.presence?.channelIds).toEqual(['kit-1', 'kit-2']);
    const ofChannel = reader.subscribe({ channelIds: ['kit-1', 'kit-3'] });
    expect((await ofChannel.beginning()).snapshot).toEqual([]);
    await join(client, sessionId, 'kit-3');
    await client.leaveChannel({ sessionId, channelId: 'kit-2' });
    const { presence } = await reader.getPresence({ userId: 'kit' });
    expect([statusOf(presence), presence?.channelIds]).toEqual(['OFFLINE', []]);
    for (const channelId of ['kit-1', 'kit-2', 'kit-3']) {
      expect(await membersOf(channelId)).toEqual([]);
    }
    await client.updateStatus({ sessionId, choice: AUTOMATIC });
    const events = await watcher.nextEvents(6);
    expect(events.slice(2).map(inWords)).toEqual([
      'userChannelChanged DISCONNECTED',
      'userOffline DISCONNECTED',
      'userOnline CONNECTED',
      'userChannelChanged CONNECTED',
    ]);
    expect([2, 5].map((i) => brief(events[i]!))).toEqual([
      '[] at -, joined -, left kit-1 kit-2',
      '[kit-1 kit-3] at kit-3, joined kit-1 kit-3, left -',
    ]);
    const shown = await ofChannel.nextEvents(2);
    expect(shown.map(inWords)).toEqual(['userOnline CONNECTED', 'userChannelChanged CONNECTED']);
  });

  it('joins at most 50 with one session, and can join another after it has left one', async () => {
    const { client, sessionId } = await connect('mia');
    for (let i = 1; i <= 50; i++) await join(client, sessionId, `mia-${i}`);
    const refused = join(client, sessionId, 'mia-51');
    await expect(refused).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: 'a session may be in 50 channels at once; leave one first',
    });
    const { presence } = await join(client, sessionId, 'mia-7');
    expect([presence?.channelIds.length, presence?.currentChannelId]).toEqual([50, 'mia-7']);
    const other = await client.connect();
    await join(client, other.sessionId, 'mia-51');
    await client.leaveChannel({ sessionId, channelId: 'mia-1' });
    await join(client, sessionId, 'mia-52');
    expect(await membersOf('mia-52')).toEqual(['mia']);
    const moved = await client.joinChannel({ sessionId, channelId: 'mia-53' });
    expect(moved.presence?.channelIds).toEqual(['mia-53']);
  });

  it('goes with the token of the session that joined', async () => {
    const ahead = Math.round((service.clock.now() - Date.now()) / 1000);
    const short = await service.client('lou', { ttlSeconds: ahead + 60 });
    const long = await service.client('lou');
    const brieflyThere = await short.connect();
    const { sessionId } = await long.connect();
    await join(long, sessionId, 'lou-1');
    await join(short, brieflyThere.sessionId, 'lou-2');
    await service.passTime(70_000);
    await brieflyThere.stream.ended;
    expect((await reader.getPresence({ userId: 'lou' })).presence).toMatchObject({
      channelIds: ['lou-1'],
      currentChannelId: 'lou-1',
    });
  });
});

function isOffline({ change }: PresenceEvent): boolean {
  return change?.$case === 'userOffline';
}
