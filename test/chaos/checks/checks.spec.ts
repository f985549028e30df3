import { describe, expect, it } from 'vitest';
import { ChangeReason } from '../../../src/grpc/generated/presence/v1/events_service.pb.js';
import { Presence, PresenceStatus } from '../../../src/grpc/generated/presence/v1/presence.pb.js';
import type { Evidence } from '../evidence.js';
import { History, type Delivery, type Span, type Stretch } from '../history.js';
import { convergence } from './convergence.js';
import { everyEvent } from './every-event.js';
import { fencing } from './fencing.js';
import { lostNode } from './lost-node.js';
import { noFalseOffline } from './no-false-offline.js';
import { noGhosts } from './no-ghosts.js';
import { picture } from './picture.js';
import { prompt } from './prompt.js';
import { silence } from './silence.js';

const OFFLINE = PresenceStatus.PRESENCE_STATUS_OFFLINE;
const T = 1_000_000;

function ann(version: number, details: Partial<Presence> = {}): Presence {
  const status = PresenceStatus.PRESENCE_STATUS_ONLINE;
  return {
    ...Presence.decode(new Uint8Array()),
    ...{ userId: 'ann', version, status, platforms: ['desktop'] },
    ...details,
  };
}

function told(at: number, kind: string, presence: Presence): Delivery {
  const reason = ChangeReason.CHANGE_REASON_NODE_LOST;
  return { at, occurredAt: at, kind, reason, presence };
}

const offline = (at: number, version: number): Delivery =>
  told(at, 'userOffline', ann(version, { status: OFFLINE, platforms: [] }));

function stretch(...deliveries: Delivery[]): Stretch {
  return {
    subscriber: 'w1',
    node: 'n1',
    from: T - 60_000,
    isResumed: false,
    snapshot: [ann(1)],
    deliveries,
  };
}

function span(from: number, details: Partial<Span> = {}): Span {
  return { userId: 'ann', node: 'n1', sessionId: `s${from}`, from, ...details };
}

function evidence(details: Partial<Evidence> = {}, history: Partial<History> = {}): Evidence {
  return {
    history: Object.assign(new History(), history),
    ...{ graceMs: 0, expected: [], openSessionIds: new Set<string>(), answers: [] },
    stored: { sessionIds: new Set<string>(), beats: [] },
    ...{ unserved: [], agreedAfterMs: 0, promises: {} },
    ...details,
  };
}

describe('The check of false offlines', () => {
  const complaints = (history: Partial<History>, graceMs = 0): number =>
    noFalseOffline.complaints(evidence({ graceMs }, history)).length;
  const stretches = [stretch(offline(T, 2))];
  const KILLED = { name: 'killed', nodes: ['n1'], from: T - 1000 } as const;

  it('finds one of a user who was there all the time', () => {
    expect(complaints({ stretches, spans: [span(T - 9000)] })).toBe(1);
    const overlapping = [
      span(T - 9000, { until: T - 500, end: 'asked for' }),
      span(T - 8000, { node: 'n2' }),
    ];
    expect(complaints({ stretches, spans: overlapping })).toBe(1);
  });

  it('finds one of a user who came back in time from a killed node, or within the grace', () => {
    const back = [span(T - 9000, { until: T - 1000, end: 'lost' }), span(T - 500, { node: 'n2' })];
    expect(complaints({ stretches, spans: back, faults: [KILLED] })).toBe(1);
    expect(complaints({ stretches, spans: back }, 3000)).toBe(1);
    expect(complaints({ stretches, spans: back })).toBe(0);
  });

  it('has nothing against one of a user who went, stayed away or hid', () => {
    const gone = span(T - 9000, { until: T - 100, end: 'asked for' });
    expect(complaints({ stretches, spans: [gone] }, 3000)).toBe(0);
    const away = [span(T - 9000, { until: T - 5000, end: 'lost' })];
    expect(complaints({ stretches, spans: away }, 3000)).toBe(0);
    const hidings = [{ userId: 'ann', from: T - 100 }];
    expect(complaints({ stretches, spans: [span(T - 9000)], hidings })).toBe(0);
  });

  it('knows that a node cut off for longer than a lease is dead to the others, and none for less', () => {
    const cutOff = (ms: number) => ({
      stretches,
      spans: [span(T - 9000)],
      faults: [{ name: 'cut off' as const, nodes: ['n1'], from: T - 4000, until: T - 4000 + ms }],
    });
    expect(complaints(cutOff(6000))).toBe(0);
    expect(complaints(cutOff(1500))).toBe(1);
  });

  it('knows it of every time that a node was cut off', () => {
    const faults = [T - 13_500, T - 4000].map((from) => ({
      ...{ name: 'cut off' as const, nodes: ['n1'], from, until: from + 5000 },
    }));
    // It began when the first was just over, and is caught by the second.
    expect(complaints({ stretches, spans: [span(T - 6000)], faults })).toBe(0);
  });
});

describe('The check of silence', () => {
  const complaints = (...deliveries: Delivery[]): number =>
    silence.complaints(evidence({}, { stretches: [stretch(...deliveries)] })).length;

  it('finds what was said before, and versions that go back', () => {
    expect(complaints(told(T, 'userStatusChanged', ann(2)))).toBe(1);
    expect(complaints(offline(T, 2), offline(T, 3))).toBe(1);
    expect(complaints(offline(T, 0))).toBe(1);
  });

  it('takes several events of one commit for one', () => {
    const moved = ann(2, { currentChannelId: 'lobby', isSpeakerMuted: true });
    expect(
      complaints(told(T, 'userChannelChanged', moved), told(T, 'userMuteStateChanged', moved)),
    ).toBe(0);
    expect(
      complaints(told(T, 'userChannelChanged', moved), told(T, 'userChannelChanged', moved)),
    ).toBe(1);
  });
});

describe('The check of the end', () => {
  const expected = {
    ...{ userId: 'ann', isShown: true, status: 'ONLINE', statusText: '', channelId: 'lobby' },
    ...{ isMicrophoneMuted: false, isSpeakerMuted: false, platforms: ['desktop'] },
  };
  const answer = (presence: Presence, members: readonly string[] = ['ann']) => ({
    ...{ node: 'n1', online: [presence], presences: [presence] },
    members: new Map([['lobby', members]]),
  });
  const right = answer(ann(2, { currentChannelId: 'lobby' }));

  it('passes when all nodes say what the user was told', () => {
    expect(
      convergence.complaints(evidence({ expected: [expected], answers: [right, right] })),
    ).toEqual([]);
  });

  it('finds a lost command, a wrong list, nodes that differ, and that it took too long', () => {
    const complaints = (details: Partial<Evidence>): readonly string[] =>
      convergence.complaints(evidence({ expected: [expected], ...details }));
    expect(complaints({ answers: [answer(ann(2))] })).toHaveLength(1);
    expect(complaints({ answers: [answer(right.presences[0]!, [])] })).toHaveLength(1);
    const other = answer(ann(3, { currentChannelId: 'lobby' }));
    expect(complaints({ answers: [right, other] })).toHaveLength(1);
    expect(complaints({ answers: [right], agreedAfterMs: 20_000 })).toHaveLength(1);
  });

  it('finds sessions that nobody has, and those that are not stored', () => {
    const stored = { sessionIds: new Set(['ghost']), beats: [] };
    const complaints = noGhosts.complaints(evidence({ openSessionIds: new Set(['open']), stored }));
    expect(complaints).toHaveLength(2);
  });

  it('finds a picture that is not as the list', () => {
    const complaints = (...deliveries: Delivery[]): readonly string[] =>
      picture.complaints(
        evidence({ answers: [answer(ann(1))] }, { stretches: [stretch(...deliveries)] }),
      );
    expect(complaints()).toEqual([]);
    expect(complaints(offline(T, 2))).toHaveLength(1);
  });
});

describe('The checks of delivery', () => {
  it('find an event that one subscriber was given and another was not, where that is promised', () => {
    const stretches = [stretch(offline(T, 2)), { ...stretch(), subscriber: 'w2' }];
    const complaints = (isPromised: boolean): number =>
      everyEvent.complaints(evidence({ promises: { everyEvent: isPromised } }, { stretches }))
        .length;
    expect(complaints(true)).toBe(1);
    expect(complaints(false)).toBe(0);
  });

  it('find one that came late', () => {
    const late = { ...offline(T, 2), at: T + 3000 };
    const promises = { withinMs: 2000 };
    expect(prompt.complaints(evidence({ promises }, { stretches: [stretch(late)] }))).toHaveLength(
      1,
    );
  });

  it('find a user of a killed node who is OFFLINE too late, or for another reason', () => {
    const complaints = (delivery: Delivery): number =>
      lostNode.complaints(
        evidence(
          { promises: { lostWithinMs: 5000 } },
          {
            stretches: [{ ...stretch(delivery), until: T + 60_000 }],
            spans: [span(T - 9000, { until: T, end: 'lost' })],
            faults: [{ name: 'killed', nodes: ['n1'], from: T }],
          },
        ),
      ).length;
    expect(complaints(offline(T + 4000, 2))).toBe(0);
    expect(complaints(offline(T + 6000, 2))).toBe(1);
    const reason = ChangeReason.CHANGE_REASON_CONNECTION_LOST;
    expect(complaints({ ...offline(T + 4000, 2), reason })).toBe(1);
  });
});

describe('The check of fencing', () => {
  it('finds what a node wrote after it was declared dead there', () => {
    const write = (at: number, type: 'fence' | 'commit', partition = 'p1') => ({
      ...{ at, type, partition },
      node: 'dead',
    });
    const complaints = (...writes: ReturnType<typeof write>[]): number =>
      fencing.complaints(evidence({}, { writes })).length;
    expect(complaints(write(1, 'commit'), write(2, 'fence'))).toBe(0);
    expect(complaints(write(1, 'fence'), write(2, 'commit', 'p2'))).toBe(0);
    expect(complaints(write(1, 'fence'), write(2, 'commit'))).toBe(1);
  });
});
