import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  activity,
  choose,
  connect,
  continueWith,
  disconnect,
  given,
  hideFrom,
  join,
  mute,
  POLICY,
  time,
  type Line,
} from '../../test/support/play.js';
import { restrictedViewer, receivedBy } from '../../test/support/viewers.js';
import { currentlyHiddenFrom, MAX_HIDDEN_FROM } from './access-rules.js';
import type { Input } from './input.js';
import type { Presence } from './presence.js';
import { presenceEquals } from './presence-diff.js';
import { step } from './step.js';
import { isForgotten, newUser, retainOnEviction, type User } from './user.js';
import { unrestrictedViewer } from './viewer.js';
import { shownTo } from './visibility.js';

const bob = unrestrictedViewer('bob');
const carol = unrestrictedViewer('carol');

/** Alice has been online in the lobby since 100. */
const { user: online } = given([100, connect('a')], [110, join('a', 'lobby')]);

function after(lines: readonly Line[], user = online): User {
  return continueWith(user, lines).user;
}

function seenByBob(lines: readonly Line[], user = online): Presence {
  return shownTo(bob, after(lines, user));
}

describe('A user who hides from a viewer', () => {
  const hiding: readonly Line[] = [[200, hideFrom('bob')]];

  it('goes OFFLINE for this viewer, as if every session had ended', () => {
    const ended = continueWith(online, [[200, disconnect('a')]]);
    expect(receivedBy('bob', online, hiding)).toEqual(ended.eventLines);
    expect(seenByBob(hiding)).toEqual(ended.user.shown);
  });

  it('stays as before for others and for itself, including the version', () => {
    const user = after(hiding);
    expect(receivedBy('carol', online, hiding)).toEqual([]);
    expect(shownTo(carol, user)).toEqual(online.shown);
    expect(shownTo(unrestrictedViewer('alice'), user)).toEqual(online.own);
    expect(user.own.lastActiveAt).toBe(online.own.lastActiveAt);
  });

  it('stays OFFLINE for this viewer, whatever the user does', () => {
    const lines: readonly Line[] = [
      [300, join('a', 'attic')],
      [310, mute('a', { microphone: true })],
      [320, choose('a', 'AWAY', { text: 'lunch' })],
      [330, disconnect('a')],
      [400, connect('b')],
      [410, disconnect('b')],
    ];
    expect(receivedBy('bob', after(hiding), lines)).toEqual([]);
    expect(seenByBob([...hiding, ...lines])).toEqual(seenByBob(hiding));
  });

  it('comes online for the viewer at the end, with all that has changed', () => {
    const changed = after([...hiding, [300, mute('a', { microphone: true })]]);
    const end: readonly Line[] = [[400, hideFrom()]];
    expect(receivedBy('bob', changed, end)).toEqual([
      '400 USER_ONLINE CONNECTED',
      '400 USER_CHANNEL_CHANGED CONNECTED',
      '400 USER_MUTE_STATE_CHANGED CONNECTED',
    ]);
    expect(shownTo(bob, after(end, changed))).toMatchObject({
      ...{ connectedAt: 400, lastActiveAt: 400, channelId: 'lobby', version: 400_000 },
    });
    expect(receivedBy('carol', changed, end)).toEqual([]);
    expect(shownTo(carol, after(end, changed)).connectedAt).toBe(100);
  });

  it('appears connected since the end until the user is OFFLINE', () => {
    const ended = after([...hiding, [400, hideFrom()]]);
    expect(seenByBob([[500, join('a', 'attic')]], ended).connectedAt).toBe(400);
    const gone = after(
      [
        [500, join('a', 'attic')],
        [600, disconnect('a')],
      ],
      ended,
    );
    expect(gone.accessRules.hiddenFrom.size).toBe(0);
    expect(shownTo(bob, gone)).toEqual(gone.shown);
  });

  it('appears as active as a user who connected at the end', () => {
    const ended = after([...hiding, [400, hideFrom()], [500, disconnect('a')]]);
    expect(ended.shown.lastActiveAt).toBe(110);
    expect(shownTo(bob, ended)).toEqual({ ...ended.shown, lastActiveAt: 400 });
    const back = after([[600, connect('b')]], ended);
    expect(shownTo(bob, back)).toEqual(back.shown);
    expect(back.accessRules.hiddenFrom.size).toBe(0);
  });

  it('appears ONLINE for one idle timeout after the end, also if the user is IDLE', () => {
    const idle = after([...hiding, [1110, time]]);
    expect(idle.own.status).toBe('IDLE');
    const ended = continueWith(idle, [[1500, hideFrom()]]);
    expect(receivedBy('bob', idle, [[1500, hideFrom()]])[0]).toBe('1500 USER_ONLINE CONNECTED');
    expect(shownTo(bob, ended.user).status).toBe('ONLINE');
    expect(shownTo(carol, ended.user).status).toBe('IDLE');
    expect(ended.wakeAt).toBe(2500);
    expect(step(idle, hideFrom(), 1500, POLICY).wakeAt).toBe(2500);
    const turn: readonly Line[] = [[2500, time]];
    expect(receivedBy('bob', ended.user, turn)).toEqual(['2500 USER_STATUS_CHANGED IDLE']);
    expect(receivedBy('carol', ended.user, turn)).toEqual([]);
    const settled = continueWith(ended.user, turn);
    expect(shownTo(bob, settled.user)).toMatchObject({ status: 'IDLE', version: 2_500_000 });
    expect(settled.wakeAt).toBeUndefined();
  });

  it('becomes IDLE for the viewer and for everyone at the same time if there was an activity after the end', () => {
    const active = after([...hiding, [400, hideFrom()], [500, activity('a')]]);
    expect(receivedBy('bob', active, [[1500, time]])).toEqual(['1500 USER_STATUS_CHANGED IDLE']);
  });

  it('who stops hiding while OFFLINE comes online for the viewer with the next session', () => {
    const gone: readonly Line[] = [...hiding, [300, activity('a')], [310, disconnect('a')]];
    const ended: readonly Line[] = [...gone, [400, hideFrom()]];
    expect(seenByBob(ended)).toEqual(seenByBob(hiding));
    const back = after([...ended, [500, connect('b')]]);
    expect(shownTo(bob, back)).toEqual(back.shown);
    expect(back.accessRules.hiddenFrom.size).toBe(0);
  });

  it('leaves no trace if the user was OFFLINE all the time', () => {
    const gone = after([[200, disconnect('a')]]);
    const ended = after(
      [
        [300, hideFrom('bob')],
        [400, hideFrom()],
      ],
      gone,
    );
    expect(ended.accessRules).toBe(gone.accessRules);
  });

  it('can hide again after the end', () => {
    const again = after([...hiding, [300, hideFrom()], [400, hideFrom('bob')]]);
    expect(shownTo(bob, again)).toMatchObject({
      ...{ status: 'OFFLINE', lastActiveAt: 300, version: 400_000 },
    });
    const whileGone = after([...hiding, [300, disconnect('a')], [400, hideFrom()]]);
    expect(seenByBob([[500, hideFrom('bob')]], whileGone)).toEqual(seenByBob(hiding));
  });

  it.each<readonly Input[]>([
    [hideFrom('bob'), hideFrom(), hideFrom('bob'), hideFrom(), join('a', 'x')],
    [hideFrom('bob'), hideFrom(), activity('a'), disconnect('a'), connect('b')],
    [hideFrom('bob'), hideFrom(), hideFrom('bob'), disconnect('a'), hideFrom(), connect('b')],
  ])(
    'has a higher version with every change that the viewer sees, also if no time passes',
    (...all) => {
      let user = online;
      for (const input of all) {
        const before = shownTo(bob, user);
        user = after([[110, input]], user);
        const seen = shownTo(bob, user);
        if (presenceEquals(before, seen)) expect(seen.version).toBe(before.version);
        else expect(seen.version).toBeGreaterThan(before.version);
      }
      expect(shownTo(bob, user).status).toBe('ONLINE');
    },
  );

  it('keeps the last activity that the viewer saw when hiding a second time while OFFLINE', () => {
    const gone = after([...hiding, [300, hideFrom()], [400, disconnect('a')]]);
    expect(
      seenByBob(
        [
          [500, hideFrom('bob')],
          [600, hideFrom()],
        ],
        gone,
      ).lastActiveAt,
    ).toBe(300);
  });
});

describe('The list of viewers from whom a user hides', () => {
  it('is replaced completely, and does not contain the user', () => {
    const first = after([[200, hideFrom('carol', 'alice', 'bob')]]);
    expect(currentlyHiddenFrom(first.accessRules)).toEqual(['bob', 'carol']);
    const second = after([[300, hideFrom('dave', 'bob')]], first);
    expect(currentlyHiddenFrom(second.accessRules)).toEqual(['bob', 'dave']);
    expect(shownTo(bob, second)).toEqual(shownTo(bob, first));
  });

  it('needs no session, and is no activity', () => {
    const user = after([[200, hideFrom('bob')]], newUser('alice'));
    expect(currentlyHiddenFrom(user.accessRules)).toEqual(['bob']);
    expect(isForgotten(user)).toBe(false);
    expect(shownTo(bob, after([[300, connect('a')]], user)).version).toBe(0);
  });

  it('is not stored if it was always empty', () => {
    const nobody = newUser('alice');
    expect(after([[200, hideFrom()]], nobody)).toBe(nobody);
    expect(after([[200, hideFrom('alice')]], nobody)).toBe(nobody);
  });

  it('keeps at most as many ended entries as current ones, the latest', () => {
    const ids = Array.from({ length: MAX_HIDDEN_FROM }, (_, i) => `v${i}`);
    let user = after([
      [200, hideFrom('bob')],
      [210, hideFrom()],
      [220, hideFrom(...ids)],
    ]);
    expect(user.accessRules.hiddenFrom.size).toBe(MAX_HIDDEN_FROM + 1);
    user = after([[230, hideFrom()]], user);
    expect(user.accessRules.hiddenFrom.size).toBe(MAX_HIDDEN_FROM);
    expect(user.accessRules.hiddenFrom.has('bob')).toBe(false);
    // Viewers who see the same share the object.
    expect(new Set(user.accessRules.hiddenFrom.values()).size).toBe(1);
  });

  it('has at most 64 KiB of ids, which 1,000 UUIDs do not reach', () => {
    const uuids = Array.from({ length: MAX_HIDDEN_FROM }, () => randomUUID());
    expect(after([[200, hideFrom(...uuids)]]).accessRules.hiddenFrom.size).toBe(MAX_HIDDEN_FROM);
    const full = idsOf(128, 'x');
    expect(after([[200, hideFrom(...full, 'alice', ...full)]]).accessRules.hiddenFrom.size).toBe(
      128,
    );
    expect(() => after([[200, hideFrom(...full, 'b')]])).toThrow(
      expect.objectContaining({ reason: 'INVALID_FIELD', field: 'user_ids' }),
    );
  });

  it('keeps at most 64 KiB of the ids of ended entries, the latest', () => {
    const [first, later] = [idsOf(128, 'x'), idsOf(100, 'y')];
    const user = after([
      [200, hideFrom(...first)],
      [210, hideFrom(...later)],
      [220, hideFrom()],
    ]);
    const kept = [...user.accessRules.hiddenFrom.keys()];
    expect(kept.slice(-100)).toEqual(later);
    expect(kept).toHaveLength(128);
  });

  it('is kept once when the store evicts the presence of the user', () => {
    const gone = after([
      [200, hideFrom('bob')],
      [300, hideFrom('bob', 'carol')],
      [400, disconnect('a')],
    ]);
    const kept = retainOnEviction(gone)!;
    expect(currentlyHiddenFrom(kept.accessRules)).toEqual(['bob', 'carol']);
    expect(shownTo(bob, kept)).toMatchObject({ version: 0, lastActiveAt: undefined });
    expect(shownTo(bob, after([[500, connect('b')]], kept)).version).toBe(0);
    expect(retainOnEviction(kept)).toBeUndefined();
  });
});

/** Different ids of 512 bytes. */
function idsOf(count: number, prefix: string): readonly string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`.padEnd(8, '-') + '🦊'.repeat(126));
}

describe('A viewer who sees only users of its groups', () => {
  const inAcme = restrictedViewer('bob', { groups: ['acme'] });
  const token = { groups: ['acme'], issuedAt: undefined, mayJoin: undefined };
  const { user } = given([100, connect('a', { token })]);

  it('sees a user who hides from it as one who has never been seen', () => {
    const hiding: readonly Line[] = [[200, hideFrom('bob')]];
    expect(receivedBy(inAcme, user, hiding)).toEqual(['200 USER_OFFLINE DISCONNECTED']);
    expect(shownTo(inAcme, after(hiding, user)).version).toBe(0);
    const ended: Line = [300, hideFrom()];
    expect(receivedBy(inAcme, after(hiding, user), [ended])).toEqual(['300 USER_ONLINE CONNECTED']);
  });
});
