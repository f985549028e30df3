import { describe, expect, it } from 'vitest';
import { History } from '../history.js';
import { noFalseOffline } from './no-false-offline.js';
import { evidence, offline, span, stretch, T } from './example-evidence.js';

describe('The check of false offlines', () => {
  const violations = (history: Partial<History>, graceMs = 0): number =>
    noFalseOffline.violations(evidence({ graceMs }, history)).length;
  const stretches = [stretch(offline(T, 2))];
  const KILLED = { name: 'killed', nodes: ['n1'], from: T - 1000 } as const;

  it('finds one of a user who was there all the time', () => {
    expect(violations({ stretches, spans: [span(T - 9000)] })).toBe(1);
    const overlapping = [
      span(T - 9000, { until: T - 500, end: 'asked for' }),
      span(T - 8000, { node: 'n2' }),
    ];
    expect(violations({ stretches, spans: overlapping })).toBe(1);
  });

  it('finds one of a user who came back in time from a killed node, or within the grace', () => {
    const lost = { until: T - 1000, end: 'lost', wasOwnFault: true } as const;
    const back = [span(T - 9000, lost), span(T - 500, { node: 'n2' })];
    expect(violations({ stretches, spans: back, faults: [KILLED] })).toBe(1);
    expect(violations({ stretches, spans: back }, 3000)).toBe(1);
    expect(violations({ stretches, spans: back })).toBe(0);
  });

  it.each(['Connect', 'library over Connect'])(
    'knows that a browser whose connection was cut has ended its session, unless its node died: %s',
    (way) => {
      const lost = { way, until: T - 1000, end: 'lost', wasOwnFault: true } as const;
      const back = [span(T - 9000, lost), span(T - 500, { way, node: 'n2' })];
      expect(violations({ stretches, spans: back }, 3000)).toBe(0);
      expect(violations({ stretches, spans: back, faults: [KILLED] }, 3000)).toBe(1);
    },
  );

  it('accepts one of a user who left, stayed offline or became invisible', () => {
    const gone = span(T - 9000, { until: T - 100, end: 'asked for' });
    expect(violations({ stretches, spans: [gone] }, 3000)).toBe(0);
    const away = [span(T - 9000, { until: T - 5000, end: 'lost', wasOwnFault: true })];
    expect(violations({ stretches, spans: away }, 3000)).toBe(0);
    const hidings = [{ userId: 'ann', from: T - 100 }];
    expect(violations({ stretches, spans: [span(T - 9000)], hidings })).toBe(0);
  });

  it('finds one of a user whose session was ended although its client was reachable', () => {
    const taken = [span(T - 9000, { until: T - 100, end: 'lost' }), span(T + 300)];
    expect(violations({ stretches, spans: taken })).toBe(1);
    const paused = { name: 'paused', nodes: ['n1'], from: T - 6000, until: T - 100 } as const;
    expect(violations({ stretches, spans: taken, faults: [paused] })).toBe(1);
  });

  it('uses the arrival times if the clocks of the nodes are wrong', () => {
    const gone = span(T - 9000, { until: T - 100, end: 'asked for' });
    const far = { ...offline(T, 2), occurredAt: T - 60_000 };
    const found = (clocksAreWrong: boolean): number =>
      noFalseOffline.violations(
        evidence({ promises: { clocksAreWrong } }, { stretches: [stretch(far)], spans: [gone] }),
      ).length;
    expect(found(true)).toBe(0);
  });

  it('knows that a node disconnected for longer than a lease is dead to the others, and none for less', () => {
    const cutOff = (ms: number) => ({
      stretches,
      spans: [span(T - 9000)],
      faults: [{ name: 'cut off' as const, nodes: ['n1'], from: T - 4000, until: T - 4000 + ms }],
    });
    expect(violations(cutOff(6000))).toBe(0);
    expect(violations(cutOff(1500))).toBe(1);
  });

  it('knows it of every time that a node was disconnected', () => {
    const faults = [T - 13_500, T - 4000].map((from) => ({
      ...{ name: 'cut off' as const, nodes: ['n1'], from, until: from + 5000 },
    }));
    // This session began just after the first stretch ended, so the second stretch detects it.
    expect(violations({ stretches, spans: [span(T - 6000)], faults })).toBe(0);
  });
});
