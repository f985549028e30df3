import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useFakeTimers } from '../../test/support/fake-timers.js';
import { EventWorld, eventLines } from '../../test/support/events.js';
import {
  choose,
  connect,
  connectWith,
  disconnect,
  grantsOf,
  hideFrom,
  join,
  joinToo,
  leave,
  mute,
} from '../../test/support/play.js';
import { GUEST, MEMBER } from '../../test/support/viewers.js';
import { Sync } from '../api/generated/presence/v1/events_service.pb.js';
import { unrestrictedViewer, type Viewer } from '../domain/viewer.js';
import { viewedOf } from '../domain/visibility.js';
import { rightsDigest } from '../event-log/resume-token.js';

const { SYNC_CURRENT, SYNC_RESET } = Sync;
const GROUPS_ONLY = { visibility: 'groups', channelAccess: 'granted' } as const;

const ADMIN = unrestrictedViewer('admin');

let world: EventWorld;
useFakeTimers();
beforeEach(() => {
  world = new EventWorld({ access: GROUPS_ONLY });
});

describe('A restricted viewer that resumes', () => {
  /** Returns the last token of a subscription that has ended. */
  async function tokenOfEnded(viewer: Viewer): Promise<string> {
    const reader = await world.subscribe({}, { viewer });
    reader.subscription!.unsubscribe();
    return reader.lastToken;
  }

  async function resumed(viewer: Viewer, resumeToken: string, options = {}): Promise<unknown[][]> {
    const reader = await world.subscribe({ resumeToken, ...options }, { viewer });
    vi.runAllTimers();
    reader.subscription!.unsubscribe();
    return eventLines(reader);
  }

  it('receives everything that it missed of the users whom it sees now', async () => {
    await world.happenAndFlush('ann', connectWith('acme'));
    const token = await tokenOfEnded(MEMBER);
    await world.happenAndFlush(
      'ann',
      disconnect('a'),
      connectWith('acme'),
      mute('a', { speaker: true }),
    );
    await world.happenAndFlush(
      'bob',
      connectWith('bolt'),
      connect('b', { token: grantsOf('acme') }),
    );
    expect(await resumed(MEMBER, token)).toEqual([
      ['userOffline', 'userOnline', 'userMuteStateChanged', 'userOnline'],
      [SYNC_CURRENT],
    ]);
  });

  it('receives only OFFLINE for a user whom it does not see now, and saw at its position', async () => {
    await world.happenAndFlush('ann', connectWith(), join('a', 'lobby'));
    const token = await tokenOfEnded(GUEST);
    await world.happenAndFlush(
      'ann',
      mute('a', { speaker: true }),
      leave('a'),
      join('a', 'lobby'),
      leave('a'),
    );
    await world.happenAndFlush(
      'bob',
      connectWith(),
      join('a', 'lobby'),
      mute('a', { speaker: true }),
      leave('a'),
    );
    await world.happenAndFlush('ann', mute('a', { speaker: false }));
    const reader = await world.subscribe({ resumeToken: token }, { viewer: GUEST });
    expect(eventLines(reader)).toEqual([['userChannelChanged', 'userOffline'], [SYNC_CURRENT]]);
    expect(reader.messages[0]!.events[0]!.presence!.userId).toBe('ann');
  });

  it('receives the same about a user who hides from it as about one who went OFFLINE', async () => {
    await world.happenAndFlush('ann', connectWith('acme'));
    await world.happenAndFlush('bob', connectWith('acme'));
    const token = await tokenOfEnded(MEMBER);
    await world.happenAndFlush('ann', mute('a', { speaker: true }), hideFrom('member'));
    await world.happenAndFlush('bob', mute('a', { speaker: true }), disconnect('a'));
    const reader = await world.subscribe({ resumeToken: token }, { viewer: MEMBER });
    const events = reader.messages.flatMap((message) => message.events);
    expect(events.map(({ change }) => change!.$case)).toEqual(['userOffline', 'userOffline']);
    const [hidden, gone] = events.map(({ presence, occurredAt: _, ...rest }) => ({
      ...rest,
      presence: { ...presence, userId: '', version: 0 },
    }));
    expect(hidden).toEqual(gone);
  });

  it('is reset with a token of other rights, and accepted with one of equal rights', async () => {
    await world.happenAndFlush('ann', connectWith('acme'), join('a', 'lobby'));
    const tokens = await Promise.all([MEMBER, GUEST, ADMIN].map(tokenOfEnded));
    for (const [i, viewer] of [MEMBER, GUEST, ADMIN].entries()) {
      for (const [j, token] of tokens.entries()) {
        const lines = await resumed(viewer, token);
        expect(lines).toEqual(i === j ? [[SYNC_CURRENT]] : [[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
      }
    }
    expect(await resumed({ ...MEMBER, userId: 'colleague' }, tokens[0]!)).toEqual([[SYNC_CURRENT]]);
    expect(world.service.resets.resume_token).toBe(6);
  });

  it('carries its rights in the tokens of heartbeats, of SYNC_CURRENT and of events', async () => {
    const reader = await world.subscribe({}, { viewer: MEMBER });
    const tokens = [reader.lastToken];
    await world.happenAndFlush('ann', connectWith('acme'));
    tokens.push(reader.lastToken);
    world.clock.advance(1000);
    world.fanOut.runMaintenance();
    tokens.push(reader.lastToken);
    for (const token of tokens) {
      const lines = await resumed(MEMBER, token);
      expect(lines.flat()).not.toContain(SYNC_RESET);
      expect((await resumed(ADMIN, token)).flat()).toContain(SYNC_RESET);
    }
  });

  it('is reset if the log has no facts of a missed commit, because nothing was restricted then', async () => {
    world = new EventWorld();
    await world.happenAndFlush('ann', connectWith('acme'));
    const token = world.log.tokenFor(world.log.head, rightsDigest(MEMBER.rights));
    await world.happenAndFlush('ann', mute('a', { speaker: true }));
    expect(await resumed(MEMBER, token)).toEqual([[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
  });

  it('receives what it missed while no other reader had restrictions', async () => {
    world = new EventWorld();
    await world.happenAndFlush('ann', connectWith('bolt'));
    const token = await tokenOfEnded(MEMBER);
    await world.happenAndFlush('bob', connectWith('acme'));
    await world.happenAndFlush('ann', connect('b', { token: grantsOf('acme') }));
    expect(await resumed(MEMBER, token)).toEqual([['userOnline', 'userOnline'], [SYNC_CURRENT]]);
  });

  it('receives a change of groups that was silent before any reader had restrictions', async () => {
    world = new EventWorld();
    await world.happenAndFlush('ann', connectWith('bolt'));
    const token = world.log.tokenFor(world.log.head, rightsDigest(MEMBER.rights));
    await world.happenAndFlush('ann', connect('b', { token: grantsOf('acme') }));
    expect(world.commits.at(-1)!.events).toEqual([]);
    expect(await resumed(MEMBER, token)).toEqual([['userOnline'], [SYNC_CURRENT]]);
  });

  it('is reset if the state before a missed commit is unknown, as are those from whom the user hides', async () => {
    await world.happenAndFlush('ann', connectWith('acme'), hideFrom('eve'));
    const eve = unrestrictedViewer('eve');
    const tokens = await Promise.all([MEMBER, eve, ADMIN].map(tokenOfEnded));
    const ann = viewedOf(await world.store.get({ userId: 'ann' }));
    world.log.append(
      [],
      { partition: 0, seq: 1000, mark: 1 },
      {
        before: undefined,
        after: ann,
        occurredAt: world.clock.now(),
        cause: 'REQUESTED',
      },
    );
    const [member, hidden, admin] = [MEMBER, eve, ADMIN].map((viewer, i) =>
      resumed(viewer, tokens[i]!),
    );
    expect(await member).toEqual([[SYNC_RESET], ['ann'], [SYNC_CURRENT]]);
    expect(await hidden).toEqual([[SYNC_RESET], [SYNC_CURRENT]]);
    expect(await admin).toEqual([[SYNC_CURRENT]]);
  });

  it('receives nothing more of what it missed when its token is revoked', async () => {
    const token = await tokenOfEnded(MEMBER);
    const text = 'x'.repeat(100_000);
    for (const userId of ['ann', 'bob', 'cem', 'dan'])
      await world.happenAndFlush(userId, connectWith('acme'), choose('a', 'AWAY', { text }));
    const reader = await world.subscribe({ resumeToken: token }, { viewer: MEMBER, credits: 1 });
    await world.happenAndFlush('member', {
      type: 'revokeTokens',
      issuedBefore: world.clock.wall(),
    });
    expect(reader.rejection).toMatchObject({ reason: 'TOKEN_REVOKED' });
    reader.letGoOn(Infinity);
    vi.runAllTimers();
    expect(reader.messages).toHaveLength(1);
    expect(reader.messages[0]!.events.length).toBeLessThan(8);
    expect(world.fanOut.size).toBe(0);
  });

  it('receives the latest event of each user only if it lags, and never an older one after a newer one', async () => {
    const reader = await world.subscribe({ latestOnly: true }, { viewer: GUEST, credits: 1 });
    await world.happenAndFlush(
      'ann',
      connectWith(),
      join('a', 'lobby'),
      mute('a', { speaker: true }),
    );
    await world.happenAndFlush('bob', connectWith(), join('a', 'lobby'), leave('a'));
    await world.happenAndFlush('ann', joinToo('a', 'secret'));
    reader.letGoOn(Infinity);
    vi.runAllTimers();
    expect(eventLines(reader).slice(1)).toEqual([['userMuteStateChanged', 'userOffline']]);
  });
});
