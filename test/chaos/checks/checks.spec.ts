import { describe, expect, it } from 'vitest';
import { ChangeReason } from '../../../src/api/generated/presence/v1/events_service.pb.js';
import { StatusChoice } from '../../../src/api/generated/presence/v1/presence_service.pb.js';
import { Presence, PresenceStatus } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { Evidence } from '../evidence.js';
import type { Delivery } from '../delivery.js';
import { History, type FaultName, type FaultRecord, type Span } from '../history.js';
import { FIRST_WISH } from '../wish.js';
import { convergence } from './convergence.js';
import { everyEvent } from './every-event.js';
import { fencing } from './fencing.js';
import { givenUp } from './given-up.js';
import { keptSessions } from './kept-sessions.js';
import { lastCommandWins } from './last-command-wins.js';
import { lostNode } from './lost-node.js';
import { noGhosts } from './no-ghosts.js';
import { picture } from './picture.js';
import { prompt } from './prompt.js';
import { silence } from './silence.js';
import { stillness } from './stillness.js';
import { ann, delivered, evidence, offline, span, stretch, T } from './example-evidence.js';

describe('The check of kept sessions', () => {
  const violations = (details: Partial<Span>, ...faults: FaultRecord[]): number =>
    keptSessions.violations(
      evidence({}, { spans: [span(T - 9000, { until: T, ...details })], faults }),
    ).length;
  const fault = (name: FaultName, from: number, until: number): FaultRecord => ({
    ...{ name, nodes: ['n1'], from, until },
  });

  it('finds a session that was lost although its client, its connection and its node were available', () => {
    expect(violations({ end: 'lost' })).toBe(1);
    expect(violations({ end: 'lost' }, fault('paused', T - 6000, T))).toBe(1);
    expect(violations({ end: 'lost' }, fault('stopped', T - 2000, T - 500))).toBe(1);
    expect(violations({ end: 'lost' }, { ...fault('killed', T, T), nodes: ['n2'] })).toBe(1);
    expect(violations({ end: 'lost' }, { ...fault('Redis lost', T - 9000, T), nodes: [] })).toBe(1);
  });

  it('has nothing against one that was asked for, or that had to be lost', () => {
    expect(violations({ end: 'asked for' })).toBe(0);
    expect(violations({ end: 'lost', wasOwnFault: true })).toBe(0);
    expect(violations({ end: 'lost' }, fault('killed', T - 500, T + 5000))).toBe(0);
    expect(violations({ end: 'lost' }, fault('clients cut', T - 10, T - 10))).toBe(0);
    expect(violations({ end: 'lost' }, fault('told to end', T - 900, T + 900))).toBe(0);
    expect(violations({ end: 'lost' }, fault('stopped', T - 6000, T - 100))).toBe(0);
  });
});

describe('The check of the last command', () => {
  const wish = {
    ...FIRST_WISH,
    stays: [
      { channelId: 'kitchen', platform: 'mobile' },
      { channelId: 'lobby', platform: 'desktop' },
    ],
    isMicrophoneMuted: true,
    isSpeakerMutedByModerator: true,
    choice: StatusChoice.STATUS_CHOICE_INVISIBLE,
    attributes: new Map([['desktop', new Map([['doc', '1']])]]),
  };
  const held = ann(2, {
    currentChannelId: 'lobby',
    channelIds: ['kitchen', 'lobby'],
    isMicrophoneMuted: true,
    isSpeakerMutedByModerator: true,
    attributes: new Map([['doc', '1']]),
  });
  const violations = (
    choice: StatusChoice,
    presence: Presence,
    { isThere = true, statusText = '' } = {},
  ): number => {
    const own = [{ userId: 'ann', wish: { ...wish, statusText }, isThere, choice, presence }];
    return lastCommandWins.violations(evidence({ own })).length;
  };

  it('expects the status text while a device is on', () => {
    const { STATUS_CHOICE_INVISIBLE: invisible } = StatusChoice;
    const text = { statusText: 'back soon' };
    expect(violations(invisible, { ...held, ...text }, text)).toBe(0);
    expect(violations(invisible, held, text)).toBe(1);
    expect(violations(invisible, held, { ...text, isThere: false })).toBe(0);
  });

  it('finds a user who is not as the last acknowledged commands of each kind say', () => {
    const { STATUS_CHOICE_INVISIBLE: invisible, STATUS_CHOICE_AUTOMATIC: automatic } = StatusChoice;
    expect(violations(invisible, held)).toBe(0);
    expect(violations(automatic, held)).toBe(1);
    expect(violations(invisible, { ...held, isMicrophoneMuted: false })).toBe(1);
    expect(violations(invisible, { ...held, currentChannelId: 'kitchen' })).toBe(1);
    expect(violations(invisible, { ...held, channelIds: ['lobby'] })).toBe(1);
    expect(violations(invisible, { ...held, isSpeakerMutedByModerator: false })).toBe(1);
    expect(violations(invisible, { ...held, attributes: new Map([['doc', '2']]) })).toBe(1);
  });
});

describe('The check of clients that were given up', () => {
  const violations = (until: number | undefined): number => {
    const silence = { userId: 'ann', node: 'n1', sessionId: 's1', from: T };
    const silences = [until === undefined ? silence : { ...silence, until }];
    return givenUp.violations(evidence({ promises: { givenUpWithinMs: 6000 } }, { silences }))
      .length;
  };

  it('finds one that kept its session without heartbeats', () => {
    expect(violations(T + 5000)).toBe(0);
    expect(violations(T + 7000)).toBe(1);
    expect(violations(undefined)).toBe(1);
  });
});

describe('The check of stillness', () => {
  const IDLE = PresenceStatus.PRESENCE_STATUS_IDLE;
  const woke = [
    delivered(T - 5000, 'userStatusChanged', ann(2, { status: IDLE })),
    delivered(T, 'userStatusChanged', ann(3)),
  ];
  const violations = (history: Partial<History>): number =>
    stillness.violations(
      evidence({ promises: { mayBeIdle: true } }, { stretches: [stretch(...woke)], ...history }),
    ).length;

  it('finds a user who is ONLINE again without an action or a new session', () => {
    expect(violations({ spans: [span(T - 9000)] })).toBe(1);
    expect(violations({ actions: [{ userId: 'ann', from: T - 50, until: T }] })).toBe(0);
    expect(violations({ actions: [{ userId: 'bob', from: T - 50, until: T }] })).toBe(1);
    expect(violations({ spans: [span(T - 100)] })).toBe(0);
  });
});

describe('The check of silence', () => {
  const violations = (...deliveries: Delivery[]): number =>
    silence.violations(evidence({}, { stretches: [stretch(...deliveries)] })).length;

  it('finds repeated events, and versions that go back', () => {
    expect(violations(delivered(T, 'userStatusChanged', ann(2)))).toBe(1);
    expect(violations(offline(T, 2), offline(T, 3))).toBe(1);
    expect(violations(offline(T, 0))).toBe(1);
  });

  it('takes several events of one commit for one', () => {
    const moved = ann(2, { currentChannelId: 'lobby', isSpeakerMuted: true });
    expect(
      violations(
        delivered(T, 'userChannelChanged', moved),
        delivered(T, 'userMuteStateChanged', moved),
      ),
    ).toBe(0);
    expect(
      violations(
        delivered(T, 'userChannelChanged', moved),
        delivered(T, 'userChannelChanged', moved),
      ),
    ).toBe(1);
  });
});

describe('The check of the end', () => {
  const expected = {
    ...{ userId: 'ann', isShown: true, status: 'ONLINE', statusText: '', channelId: 'lobby' },
    ...{ channelIds: ['lobby'], attributes: new Map<string, string>(), platforms: ['desktop'] },
    ...{ isMicrophoneMuted: false, isSpeakerMuted: false },
    ...{ isMicrophoneMutedByModerator: false, isSpeakerMutedByModerator: false },
    ...{ joins: ['lobby'], groups: [], hiddenFrom: [] },
  };
  const answer = (presence: Presence, members: readonly string[] = ['ann']) => ({
    ...{ node: 'n1', online: [presence], presences: [presence] },
    members: new Map([['lobby', members]]),
  });
  const right = answer(ann(2, { currentChannelId: 'lobby', channelIds: ['lobby'] }));

  it('passes if all nodes return what the user received', () => {
    expect(
      convergence.violations(evidence({ expected: [expected], answers: [right, right] })),
    ).toEqual([]);
  });

  it('finds a lost command, a wrong list, nodes that differ, and that it took too long', () => {
    const violations = (details: Partial<Evidence>): readonly string[] =>
      convergence.violations(evidence({ expected: [expected], ...details }));
    expect(violations({ answers: [answer(ann(2))] })).toHaveLength(1);
    expect(violations({ answers: [answer(right.presences[0]!, [])] })).toHaveLength(1);
    const other = answer(ann(3, { currentChannelId: 'lobby', channelIds: ['lobby'] }));
    expect(violations({ answers: [right, other] })).toHaveLength(1);
    expect(violations({ answers: [right], agreedAfterMs: 20_000 })).toHaveLength(1);
  });

  it('finds sessions that no client has, and those that are not stored', () => {
    const stored = { sessionIds: new Set(['ghost']), beats: [] };
    const violations = noGhosts.violations(evidence({ openSessionIds: new Set(['open']), stored }));
    expect(violations).toHaveLength(2);
  });

  it('finds a picture that is not as the list', () => {
    const violations = (...deliveries: Delivery[]): readonly string[] =>
      picture.violations(
        evidence({ answers: [answer(ann(1))] }, { stretches: [stretch(...deliveries)] }),
      );
    expect(violations()).toEqual([]);
    expect(violations(offline(T, 2))).toHaveLength(1);
  });
});

describe('The checks of delivery', () => {
  it('find an event that one subscriber was given and another was not, where that is promised', () => {
    const stretches = [stretch(offline(T, 2)), { ...stretch(), subscriber: 'w2' }];
    const violations = (isPromised: boolean): number =>
      everyEvent.violations(evidence({ promises: { everyEvent: isPromised } }, { stretches }))
        .length;
    expect(violations(true)).toBe(1);
    expect(violations(false)).toBe(0);
  });

  it('find one that came late', () => {
    const late = { ...offline(T, 2), at: T + 3000 };
    const promises = { withinMs: 2000 };
    expect(prompt.violations(evidence({ promises }, { stretches: [stretch(late)] }))).toHaveLength(
      1,
    );
  });

  it('find a user of a killed node who is OFFLINE too late, or for another reason', () => {
    const violations = (delivery: Delivery): number =>
      lostNode.violations(
        evidence(
          { promises: { lostWithinMs: 5000 } },
          {
            stretches: [{ ...stretch(delivery), until: T + 60_000 }],
            spans: [span(T - 9000, { until: T, end: 'lost' })],
            faults: [{ name: 'killed', nodes: ['n1'], from: T }],
          },
        ),
      ).length;
    expect(violations(offline(T + 4000, 2))).toBe(0);
    expect(violations(offline(T + 6000, 2))).toBe(1);
    const reason = ChangeReason.CHANGE_REASON_CONNECTION_LOST;
    expect(violations({ ...offline(T + 4000, 2), reason })).toBe(1);
  });
});

describe('The check of fencing', () => {
  it('finds writes of a node after it was declared dead', () => {
    const write = (at: number, type: 'fence' | 'commit', partition = 'p1') => ({
      ...{ at, type, partition },
      node: 'dead',
    });
    const violations = (...writes: ReturnType<typeof write>[]): number =>
      fencing.violations(evidence({}, { writes })).length;
    expect(violations(write(1, 'commit'), write(2, 'fence'))).toBe(0);
    expect(violations(write(1, 'fence'), write(2, 'commit', 'p2'))).toBe(0);
    expect(violations(write(1, 'fence'), write(2, 'commit'))).toBe(1);
  });
});
