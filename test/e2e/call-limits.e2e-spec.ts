import { constants, type ClientHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { Connections } from '../../src/transport/connections/connections.js';
import type { Client } from '../support/client.js';
import { NODES } from '../support/nodes.js';
import { RawCall } from '../support/raw-call.js';
import { refusalOf, refusalOfCall } from '../support/retry-info.js';
import { Service, tokenOf } from '../support/service.js';

/** Each node counts separately, and a client distributes its calls over the nodes in turn. */
const each = (count: number): number => count * NODES;

let service: Service;
afterEach(() => service.stop());

async function repeat(times: number, call: (n: number) => Promise<unknown>): Promise<void> {
  for (let n = 0; n < times; n++) await call(n);
}

describe('MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE', () => {
  const REFUSED = {
    code: 'RESOURCE_EXHAUSTED',
    text: 'too many commands of this session',
    retryMs: 200,
  };

  async function start(): Promise<{ ann: Client; sessionId: string }> {
    service = await Service.start({ MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE: '5' });
    const ann = await service.client('ann');
    return { ann, ...(await ann.connect()) };
  }

  it.each<[string, (client: Client, sessionId: string) => Promise<unknown>]>([
    ['JoinChannel', (client, sessionId) => client.joinChannel({ sessionId, channelId: 'lobby' })],
    ['LeaveChannel', (client, sessionId) => client.leaveChannel({ sessionId })],
    [
      'UpdateMuteState',
      (client, sessionId) => client.updateMuteState({ sessionId, isSpeakerMuted: true }),
    ],
    ['UpdateStatus', (client, sessionId) => client.updateStatus({ sessionId, choice: 1 })],
    [
      'RecordActivity',
      (client, sessionId) =>
        client.recordActivity({ target: { $case: 'sessionId', value: sessionId } }),
    ],
    ['Heartbeat', (client, sessionId) => client.heartbeat({ sessionId })],
  ])('counts %s, and says when the next one may come', async (_rpc, command) => {
    const { ann, sessionId } = await start();
    await repeat(each(10), () => command(ann, sessionId));
    expect(await refusalOfCall(command(ann, sessionId))).toEqual(REFUSED);
    await service.passTime(199);
    await repeat(NODES, async () =>
      expect((await refusalOfCall(command(ann, sessionId))).retryMs).toBe(1),
    );
    await service.passTime(1);
    await repeat(NODES, () => command(ann, sessionId));
    expect(await refusalOfCall(command(ann, sessionId))).toEqual(REFUSED);
  });

  it('does not execute a rejected command', async () => {
    const { ann, sessionId } = await start();
    const watcher = await service.client('watcher');
    const events = watcher.subscribe();
    await events.beginning();
    await repeat(each(10), () => ann.joinChannel({ sessionId, channelId: 'lobby' }));
    expect((await events.nextEvent()).presence?.currentChannelId).toBe('lobby');
    service.clock.advance(1);
    const before = await watcher.getPresence({ userId: 'ann' });
    await refusalOfCall(ann.joinChannel({ sessionId, channelId: 'kitchen' }));
    await refusalOfCall(ann.updateMuteState({ sessionId, isMicrophoneMuted: true }));
    expect(await watcher.getPresence({ userId: 'ann' })).toEqual(before);
    await watcher.connect();
    expect((await events.nextEvent()).presence?.userId).toBe('watcher');
  });

  it('leaves the heartbeats of a session that commands too much, and its other sessions, alone', async () => {
    const { ann, sessionId } = await start();
    const other = await ann.connect();
    await repeat(each(10), () => ann.leaveChannel({ sessionId }));
    await refusalOfCall(ann.leaveChannel({ sessionId }));
    await repeat(each(10), () => ann.heartbeat({ sessionId }));
    await repeat(each(10), () => ann.leaveChannel({ sessionId: other.sessionId }));
  });

  it('does not keep anyone from ending such a session, or from reading', async () => {
    const { ann, sessionId } = await start();
    await repeat(each(10), () => ann.leaveChannel({ sessionId }));
    await refusalOfCall(ann.leaveChannel({ sessionId }));
    await ann.getPresence({ userId: 'ann' });
    await ann.endSession({ sessionId });
    expect((await ann.listSessions()).sessions).toEqual([]);
  });
});

describe('MAX_CALLS_PER_SECOND_PER_USER_PER_NODE', () => {
  const REFUSED = { code: 'RESOURCE_EXHAUSTED', text: 'too many calls of this user' };

  async function start(callsPerSecond = '10'): Promise<Client> {
    service = await Service.start({ MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: callsPerSecond });
    return service.client('ann');
  }

  const read = (client: Client): Promise<unknown> => client.getPresence({ userId: 'ann' });

  it('counts every call of the user, with whatever session or without one', async () => {
    const ann = await start();
    await repeat(each(20), () => read(ann));
    const again = await service.client('ann');
    const sessionId = 'x';
    const unary = [
      again.getPresence({ userId: 'ann' }),
      again.batchGetPresences({ userIds: ['ann'] }),
      again.listOnlineUsers(),
      again.listChannelMembers({ channelId: 'lobby' }),
      again.listSessions(),
      again.endSession({ sessionId }),
      again.joinChannel({ sessionId, channelId: 'lobby' }),
      again.leaveChannel({ sessionId }),
      again.updateMuteState({ sessionId, isSpeakerMuted: true }),
      again.updateStatus({ sessionId, choice: 1 }),
      again.recordActivity({ target: { $case: 'sessionId', value: sessionId } }),
      again.recordActivity({ target: { $case: 'userId', value: 'bob' } }),
    ];
    for (const call of await Promise.all(unary.map(refusalOfCall))) {
      expect(call).toEqual({ ...REFUSED, retryMs: 100 });
    }
    for (const stream of [again.subscribe(), again.openSession()]) {
      expect(refusalOf(await stream.ended)).toEqual({ ...REFUSED, retryMs: 1000 });
    }
    await service.passTime(100);
    await read(again);
  });

  it('lets no made-up session ids get around it', async () => {
    const ann = await start();
    await repeat(each(20), (n) => ann.leaveChannel({ sessionId: `made-up-${n}` }).catch(() => {}));
    expect(await refusalOfCall(ann.leaveChannel({ sessionId: 'one-more' }))).toMatchObject(REFUSED);
  });

  it('counts Connect and Subscribe ten times', async () => {
    const ann = await start();
    await repeat(NODES, () => ann.connect());
    await repeat(NODES, () => ann.subscribe().beginning());
    expect(await refusalOfCall(read(ann))).toEqual({ ...REFUSED, retryMs: 100 });
  });

  it('counts the size of a large request, even if its content is rejected', async () => {
    const ann = await start();
    const userIds = [...Array.from({ length: 999 }, (_, n) => `${n}`.padStart(102, '家')), ''];
    await repeat(NODES, () => ann.batchGetPresences({ userIds }).catch(() => {}));
    // Its 300 kB count as 18 calls, and the call itself as one.
    await repeat(NODES, () => read(ann));
    expect(await refusalOfCall(read(ann))).toEqual({ ...REFUSED, retryMs: 100 });
  });

  it('does not affect heartbeats, other users and backends', async () => {
    const ann = await start();
    const { sessionId } = await ann.connect();
    await repeat(each(20), () => read(ann).catch(() => {}));
    await refusalOfCall(read(ann));
    await ann.heartbeat({ sessionId });
    await read(await service.client('bob'));
    const backend = await service.client('backend', { isAdmin: true });
    await repeat(each(50), () => read(backend));
  });

  it('has no effect when it is 0', async () => {
    const ann = await start('0');
    await repeat(each(500), () => read(ann));
  });
});

describe('MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE', () => {
  const REFUSED = { code: 'RESOURCE_EXHAUSTED', text: 'too many presences read by this user' };

  async function start(): Promise<Client> {
    service = await Service.start({ MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE: '100' });
    return service.client('ann');
  }

  const userIds = Array.from({ length: 100 }, (_, n) => `user-${n}`);

  it.each<[string, (client: Client) => Promise<unknown>]>([
    ['a batch', (client) => client.batchGetPresences({ userIds })],
    ['a page of users', (client) => client.listOnlineUsers({ pageSize: 100 })],
    ['a page of members', (client) => client.listChannelMembers({ channelId: 'lobby' })],
    ['a snapshot', (client) => client.subscribe({ userIds }).beginning()],
  ])('counts what %s may hold', async (_what, call) => {
    const ann = await start();
    await repeat(each(2), () => call(ann));
    const page = ann.listOnlineUsers({ pageSize: 10 });
    expect(await refusalOfCall(page)).toEqual({ ...REFUSED, retryMs: 100 });
    expect(refusalOf(await ann.subscribe({ userIds }).ended)).toEqual({ ...REFUSED, retryMs: 10 });
    await service.passTime(100);
    await ann.listOnlineUsers({ pageSize: 10 });
    // Reading one presence counts as one call.
    await ann.getPresence({ userId: 'ann' });
    await (await service.client('backend', { isAdmin: true })).batchGetPresences({ userIds });
  });

  it('lets in a snapshot that is larger than a burst, and has its reader wait for it afterwards', async () => {
    const ann = await start();
    const thousand = Array.from({ length: 1000 }, (_, n) => `user-${n}`);
    await repeat(NODES, () => ann.subscribe({ userIds: thousand }).beginning());
    const { retryMs } = refusalOf(await ann.subscribe().ended);
    expect(retryMs).toBe(8010);
  });

  it('counts the events that are looked through for a subscription that resumes', async () => {
    const ann = await start();
    const bob = await service.client('bob');
    const { sessionId } = await bob.connect();
    const { resumeToken } = await ann.subscribe({ userIds: ['nobody'] }).beginning();
    await repeat(300, (n) => bob.updateMuteState({ sessionId, isSpeakerMuted: n % 2 === 0 }));
    const again = { userIds: ['nobody'], resumeToken };
    await repeat(NODES, () => ann.subscribe(again).beginning());
    expect(refusalOf(await ann.subscribe(again).ended)).toMatchObject(REFUSED);
  });
});

describe('A client that ignores rejections', () => {
  const LIST_SESSIONS = 'SessionService/ListSessions';
  const OPEN_CALLS = 1000;

  const SETTINGS = { MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '1' };

  function closedConnections(): number {
    return service
      .all(Connections)
      .reduce((sum, { disconnects }) => sum + disconnects.counts.rejected_calls, 0);
  }

  it('gets every response at once, and keeps its connection, while it opens no more calls than allowed', async () => {
    service = await Service.start(SETTINGS);
    const ann = await service.client('ann');
    const calls = Array.from({ length: OPEN_CALLS }, () => ann.listSessions());
    const results = await Promise.allSettled(calls);
    const rejected = results.filter(({ status }) => status === 'rejected').length;
    expect(rejected).toBe(OPEN_CALLS - each(2));
    expect(closedConnections()).toBe(0);
  });

  it('loses its connection with ENHANCE_YOUR_CALM, and others do not', async () => {
    service = await Service.start(SETTINGS);
    const bob = await service.client('bob');
    const { sessionId } = await bob.connect();
    const [address, token] = [service.address(), await tokenOf('ann')];
    const { session: connection } = RawCall.to(address, LIST_SESSIONS, token);
    const goaway = new Promise((resolve) => connection.once('goaway', resolve));
    const closed = new Promise((resolve) => connection.once('close', resolve));
    // A flood: each response is followed by another call, without regard to RetryInfo.
    const flood = (): void => {
      if (connection.closed || connection.destroyed) return;
      RawCall.to(address, LIST_SESSIONS, token, connection).stream.once('close', flood);
    };
    for (let i = 0; i < 10; i++) flood();
    expect(await goaway).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await closed;
    await bob.heartbeat({ sessionId });
    expect(closedConnections()).toBe(1);
  });

  it('loses every further connection until it has been quiet', async () => {
    // A burst of ten rejected calls is allowed.
    service = await Service.start(SETTINGS, { fixed: { rejectedCallsPerSecond: 1 } });
    const [address, token] = [service.address(), await tokenOf('ann')];
    const isClosedAfter = async (calls: number): Promise<boolean> => {
      const { session: connection, stream } = RawCall.to(address, LIST_SESSIONS, token);
      let last = stream;
      for (let i = 1; i < calls && !connection.closed; i++) {
        await closeOf(last);
        last = RawCall.to(address, LIST_SESSIONS, token, connection).stream;
      }
      await closeOf(last);
      // The server closes the connection in the next iteration of its event loop.
      await new Promise(
        (resolve) => connection.ping(() => resolve(undefined)) || resolve(undefined),
      );
      const isClosed = connection.closed || connection.destroyed;
      connection.destroy();
      return isClosed;
    };
    // Two calls are accepted, ten are rejected.
    expect(await isClosedAfter(12)).toBe(false);
    expect(await isClosedAfter(1)).toBe(true);
    expect(await isClosedAfter(1)).toBe(true);
    await service.passTime(5000);
    expect(await isClosedAfter(7)).toBe(false);
    expect(await isClosedAfter(1)).toBe(true);
  });
});

function closeOf(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.resume().once('close', resolve);
  });
}
