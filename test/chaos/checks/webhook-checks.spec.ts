import { describe, expect, it } from 'vitest';
import { ChangeReason } from '../../../src/api/generated/presence/v1/events_service.pb.js';
import { Presence, PresenceStatus } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { Delivery } from '../delivery.js';
import type { Evidence, Promises } from '../evidence.js';
import { History, type FaultName } from '../history.js';
import type { RequestEnd, WebhookEvent, WebhookRequest } from '../webhooks/webhook-history.js';
import type { Check } from './check.js';
import { webhookContent } from './webhook-content.js';
import { webhookEvents, webhookGaps } from './webhook-events.js';
import { webhookOrder, webhookTurns } from './webhook-order.js';
import { webhookRepeats } from './webhook-repeats.js';

/** The receiver of webhooks of a scenario with one partition, and the events of its users. */
class Story {
  readonly history = new History();
  promises: Promises = {};
  private readonly subscribed: Delivery[] = [];

  constructor() {
    this.history.webhooks.partitions = 1;
    this.history.stretches.push({
      ...{ subscriber: 'w1', node: 'n1', from: 0, isResumed: false, snapshot: [] },
      deliveries: this.subscribed,
    });
  }

  /** An event that happened at a second, which subscribers have received. */
  event(
    version: number,
    at: number,
    details: Partial<Presence> = {},
    reason = ChangeReason.CHANGE_REASON_REQUESTED,
  ): WebhookEvent {
    const presence = {
      ...Presence.decode(new Uint8Array()),
      ...{ userId: 'ann', version, status: PresenceStatus.PRESENCE_STATUS_ONLINE },
      ...details,
    };
    const delivery = {
      ...{ at: at * 1000, occurredAt: at * 1000, kind: 'userStatusChanged', presence },
      reason,
    };
    this.subscribed.push(delivery);
    const id = `${presence.userId} ${version}`;
    return { id, json: `{"id":"${id}"}`, delivery };
  }

  gap(from: number | undefined, to: number): WebhookEvent {
    const id = `gap ${from} ${to}`;
    const times = { from: from === undefined ? undefined : from * 1000, to: to * 1000 };
    return { id, json: id, gap: times };
  }

  /** A request from one second to another. Undefined: it stays open. */
  request(
    node: string,
    [from, until]: readonly [number, number?],
    end: RequestEnd | undefined,
    ...events: WebhookEvent[]
  ): void {
    const id = events.map((event) => event.id).join();
    const request: WebhookRequest = {
      ...{ node, id, events, arrivedAt: from * 1000, arrival: from * 1000 },
      ...(end !== undefined && { end, endedAt: until! * 1000, finish: until! * 1000 }),
    };
    this.history.webhooks.requests.push(request);
  }

  fault(name: FaultName, nodes: readonly string[], from: number, until: number): void {
    this.history.faults.push({ name, nodes, from: from * 1000, until: until * 1000 });
  }

  violations(check: Check): readonly string[] {
    const { history, promises } = this;
    const evidence: Evidence = {
      ...{ history, graceMs: 0, expected: [], openSessionIds: new Set<string>(), answers: [] },
      stored: { sessionIds: new Set<string>(), beats: [] },
      ...{ own: [], viewers: [], unserved: [], agreedAfterMs: 0, promises },
    };
    return check.violations(evidence);
  }
}

const ALL = [
  webhookEvents,
  webhookGaps,
  webhookOrder,
  webhookTurns,
  webhookRepeats,
  webhookContent,
];

/** Returns the names of the checks with violations. */
function brokenBy(tell: (story: Story) => void): readonly string[] {
  const story = new Story();
  tell(story);
  return ALL.filter((check) => story.violations(check).length > 0).map(({ name }) => name);
}

describe('The checks of webhooks', () => {
  it('accept retries, responses that are lost, and a node that continues for another', () => {
    const broken = brokenBy((story) => {
      const [first, second, third] = [story.event(1, 1), story.event(2, 2), story.event(3, 3)];
      story.request('n1', [1, 2], 'taken', story.gap(undefined, 0), first);
      story.request('n1', [3, 4], 'refused', second);
      story.request('n1', [5, 6], 'response lost', second);
      story.request('n1', [7, 8], 'taken', second, third);
      story.fault('killed', ['n1'], 8, 12);
      story.request('n2', [13, 14], 'taken', second, third);
    });
    expect(broken).toEqual([]);
  });

  it('find an event that was lost after a response with an error', () => {
    const broken = brokenBy((story) => {
      story.request('n1', [1, 2], 'refused', story.event(1, 1));
      story.request('n1', [3, 4], 'taken', story.event(2, 2));
    });
    expect(broken).toEqual(['webhook events', 'webhook order']);
  });

  it('find an event that the node skipped which continues for another', () => {
    const broken = brokenBy((story) => {
      story.request('n1', [1, 2], 'taken', story.event(1, 1));
      story.event(2, 2);
      story.request('n2', [13, 14], 'taken', story.event(3, 3));
    });
    expect(broken).toEqual(['webhook events']);
  });

  it('expect the difference that a node finds only if the receiver has no later event of the user', () => {
    const difference = (version: number) =>
      brokenBy((story) => {
        story.request('n1', [1, 2], 'taken', story.event(2, 1));
        story.event(version, 3, {}, ChangeReason.CHANGE_REASON_UNSPECIFIED);
      });
    expect(difference(1)).toEqual([]);
    expect(difference(3)).toEqual(['webhook events']);
  });

  it('find an event whose position was stored before the receiver had it', () => {
    const broken = brokenBy((story) => {
      story.request('n1', [1, 2], 'refused', story.event(1, 1));
      story.fault('killed', ['n1'], 3, 5);
      story.request('n2', [13, 14], 'taken', story.event(2, 2));
    });
    expect(broken).toEqual(['webhook events', 'webhook order']);
  });

  it('find that no position was stored, by a gap or by repetitions', () => {
    const gap = brokenBy((story) => {
      const events = [story.event(1, 1), story.event(2, 2)] as const;
      story.request('n1', [1, 2], 'taken', story.gap(undefined, 0), events[0]);
      story.request('n1', [3, 4], 'taken', events[1]);
      story.fault('killed', ['n1'], 5, 9);
      story.request('n2', [13, 14], 'taken', story.gap(undefined, 1), ...events);
    });
    expect(gap).toEqual(['webhook gaps', 'webhook repeats']);
    const repetition = brokenBy((story) => {
      const events = [story.event(1, 1), story.event(2, 2)] as const;
      story.request('n1', [1, 2], 'taken', events[0]);
      story.request('n1', [3, 4], 'taken', events[1]);
      story.fault('killed', ['n1'], 5, 9);
      story.request('n2', [13, 14], 'taken', ...events);
    });
    expect(repetition).toEqual(['webhook repeats']);
  });

  it('find a repetition without a reason', () => {
    const broken = brokenBy((story) => {
      const event = story.event(1, 1);
      story.request('n1', [1, 2], 'taken', event);
      story.request('n1', [3, 4], 'taken', event);
    });
    expect(broken).toEqual(['webhook repeats']);
  });

  it('find two nodes that deliver at the same time, unless the first could not know', () => {
    const both = (story: Story): void => {
      const event = story.event(1, 1);
      story.request('n1', [1, 4], 'refused', event);
      story.request('n2', [2, 3], 'taken', event);
    };
    expect(brokenBy(both)).toEqual(['webhook turns']);
    const isStopped = brokenBy((story) => {
      both(story);
      story.fault('stopped', ['n1'], 1, 4);
    });
    expect(isStopped).toEqual([]);
  });

  it('find two nodes that deliver at the same time after Redis has lost the leases, unless the first lease was valid', () => {
    const both = (secondsAfter: number) =>
      brokenBy((story) => {
        story.fault('Redis lost', [], 1, 2);
        const event = story.event(1, 1);
        story.request('n1', [2 + secondsAfter, 5 + secondsAfter], 'refused', event);
        story.request('n2', [3 + secondsAfter, 4 + secondsAfter], 'taken', event);
      });
    expect(both(1)).toEqual([]);
    expect(both(6)).toContain('webhook turns');
  });

  it('find a retry that comes after later events', () => {
    const broken = brokenBy((story) => {
      const [first, second] = [story.event(1, 1), story.event(2, 2)];
      story.request('n1', [1, 2], 'refused', first);
      story.request('n1', [3, 4], 'taken', second);
      story.request('n1', [5, 6], 'taken', first);
    });
    expect(broken).toEqual(['webhook order']);
  });

  it('find an event that has another content or another id when it is repeated', () => {
    const change = (details: Partial<WebhookEvent>) =>
      brokenBy((story) => {
        const event = story.event(1, 1);
        story.request('n1', [1, 2], 'response lost', event);
        story.request('n1', [3, 4], 'taken', { ...event, ...details });
      });
    expect(change({ json: '{}' })).toEqual(['webhook repeats']);
    expect(change({ id: 'other' })).toEqual(['webhook repeats']);
  });

  it('accept a gap only where events may be missing, and what is missing only inside of it', () => {
    const gapOf = (from: number | undefined, to: number, more: (story: Story) => void) =>
      brokenBy((story) => {
        story.request('n1', [1, 2], 'taken', story.gap(undefined, 0), story.event(1, 1));
        story.event(2, 10);
        more(story);
        story.request('n1', [20, 21], 'taken', story.gap(from, to), story.event(3, 15));
      });
    const loss = (story: Story): void => story.fault('Redis lost', [], 9, 11);
    expect(gapOf(1, 11, loss)).toEqual([]);
    expect(gapOf(1, 5, loss)).toEqual(['webhook events']);
    expect(gapOf(undefined, 11, loss)).toEqual([]);
    expect(gapOf(1, 11, () => {})).toEqual(['webhook gaps']);
    expect(gapOf(1, 11, (story) => (story.promises = { mayOutliveLog: true }))).toEqual([]);
  });

  it('find an event of a user who is INVISIBLE', () => {
    const during = (at: number) =>
      brokenBy((story) => {
        story.history.hidings.push({
          ...{ userId: 'ann', from: 900, acknowledgedAt: 1000 },
          ...{ endAskedAt: 5000, until: 5100 },
        });
        story.request('n1', [6, 7], 'taken', story.event(1, at));
      });
    expect(during(3)).toEqual(['webhook content']);
    expect(during(0)).toEqual([]);
    expect(during(6)).toEqual([]);
  });

  it('find what a receiver must not accept, and what subscribers see otherwise', () => {
    const unsigned = brokenBy((story) =>
      story.history.webhooks.requests.push({
        ...{ node: 'n1', id: 'b', events: [], arrivedAt: 1, arrival: 1, finish: 2, endedAt: 2 },
        ...{ end: 'taken', mistake: 'its signature is wrong' },
      }),
    );
    expect(unsigned).toEqual(['webhook content']);
    const other = brokenBy((story) => {
      const event = story.event(1, 1);
      const presence = { ...event.delivery!.presence, statusText: 'other' };
      story.request('n1', [1, 2], 'taken', {
        ...event,
        delivery: { ...event.delivery!, presence },
      });
    });
    expect(other).toEqual(['webhook content']);
  });

  it('know that a commit that Redis has lost is announced at another time by other nodes', () => {
    const restored = (lostAt: number, statusText = '') =>
      brokenBy((story) => {
        story.fault('Redis lost', [], lostAt, lostAt);
        const event = story.event(1, 11);
        const presence = { ...event.delivery!.presence, statusText };
        const delivery = { ...event.delivery!, occurredAt: 10_900, presence };
        story.request('n1', [11, 12], 'taken', { ...event, delivery });
      });
    expect(restored(11)).toEqual([]);
    expect(restored(11, 'other')).toEqual(['webhook content']);
    expect(restored(60)).toEqual(['webhook content']);
  });
});
