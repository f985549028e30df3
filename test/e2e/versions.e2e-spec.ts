import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Service } from '../support/service.js';

describe('The version of a presence', () => {
  let service: Service;
  beforeEach(async () => void (service = await Service.start()));
  afterEach(() => service.stop());

  /** Connects, acts and disconnects. Returns the versions that an observer received, in order. */
  async function live(): Promise<number[]> {
    const observer = await service.client('observer');
    const stream = observer.subscribe({ userIds: ['ann'] });
    const { snapshot } = await stream.beginning();
    const client = await service.client('ann');
    const session = await client.connect();
    const { sessionId } = session;
    await client.joinChannel({ sessionId, channelId: 'a' });
    await client.updateMuteState({ sessionId, isMicrophoneMuted: true });
    await client.updateMuteState({ sessionId, isMicrophoneMuted: false });
    session.stream.cancel();
    const events = await stream.nextEvents(6);
    expect(events.at(-1)?.change?.$case).toBe('userOffline');
    stream.cancel();
    return [...snapshot, ...events.map(({ presence }) => presence!)].map(({ version }) => version);
  }

  function expectGrowth(versions: readonly number[]): void {
    // The two events of the last commit have the same version.
    const distinct = [...new Set(versions)];
    expect(distinct).toHaveLength(versions.length - 1);
    expect(distinct).toEqual([...distinct].sort((a, b) => a - b));
  }

  it('grows with every change, also while the clock stands', async () => {
    expectGrowth(await live());
  });

  it('grows over sessions', async () => {
    const first = await live();
    const second = await live();
    expectGrowth(second);
    expect(second[0]).toBe(first.at(-1));
  });

  it('grows over a restart of the service that lost it', async () => {
    const before = await live();
    await service.stop();
    service = await Service.start();
    const [unseen, ...after] = await live();
    expect(unseen).toBe(0);
    expectGrowth(after);
    expect(after[0]).toBeGreaterThan(before.at(-1)!);
  });

  it('stays when nothing that others see changes', async () => {
    const client = await service.client('ann');
    const { sessionId } = await client.connect();
    const { presence } = await client.joinChannel({ sessionId, channelId: 'a' });
    await service.passTime(1000);
    await client.joinChannel({ sessionId, channelId: 'a' });
    await client.recordActivity({ target: { $case: 'sessionId', value: sessionId } });
    const request = { sessionId, isMicrophoneMuted: false };
    expect((await client.updateMuteState(request)).presence?.version).toBe(presence?.version);
  });

  it('is the same in events, responses, lists and snapshots', async () => {
    const client = await service.client('ann');
    const { sessionId } = await client.connect();
    const stream = client.subscribe();
    await stream.beginning();
    const { presence } = await client.joinChannel({ sessionId, channelId: 'a' });
    expect((await stream.nextEvent()).presence).toEqual(presence);
    expect((await client.getPresence({ userId: 'ann' })).presence).toEqual(presence);
    expect((await client.listOnlineUsers()).presences).toEqual([presence]);
    expect((await client.listChannelMembers({ channelId: 'a' })).presences).toEqual([presence]);
    expect((await client.subscribe().beginning()).snapshot).toEqual([presence]);
  });
});
