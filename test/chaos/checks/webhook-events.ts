import { ChangeReason } from '../../../src/api/generated/presence/v1/events_service.pb.js';
import type { Delivery } from '../delivery.js';
import type { History } from '../history.js';
import { clock } from '../in-words.js';
import { SLACK_MS } from '../timings.js';
import { keyOf, type Gap } from '../webhooks/webhook-history.js';
import type { Check } from './check.js';

/**
 * The number of gaps of a partition that one loss of data can cause: the events are lost, and so is the position of another
 * node that continues.
 */
const GAPS_PER_LOSS = 2;

export const webhookEvents: Check = {
  name: 'webhook events',
  promise:
    'the receiver of webhooks gets every event that a subscriber receives who sees everyone, or an event for the gap',
  violations: ({ history }) =>
    missingEvents(history).map((delivery) => {
      const subscribers = history.stretches
        .filter(({ deliveries }) => deliveries.some((one) => keyOf(one) === keyOf(delivery)))
        .map(({ subscriber, node }) => `${subscriber} on ${node}`);
      const gaps = gapsOf(delivery, history)
        .map(({ gap }) => inWords(gap))
        .slice(-3);
      return `the receiver never got ${keyOf(delivery)} of ${clock(delivery.occurredAt)}, which ${subscribers.join(', ')} got; last gaps: ${gaps.join(', ')}`;
    }),
};

export const webhookGaps: Check = {
  name: 'webhook gaps',
  promise:
    'a gap is reported once for each partition at the first start, and later only if Redis lost data or the log lost events',
  violations: ({ history, promises }) => {
    const { webhooks, faults } = history;
    const { partitions } = webhooks;
    const losses = faults.filter(({ name }) => name === 'Redis lost');
    let [first, later] = [0, 0];
    return gapsIn(history).flatMap(({ gap, node, arrivedAt, isRepeated }) => {
      const isOutlived = gap.from !== undefined && (promises.mayOutliveLog ?? false);
      if (isRepeated || isOutlived) return [];
      if (gap.from === undefined && ++first <= partitions) return [];
      const before = losses.filter(({ from }) => from <= arrivedAt);
      if (++later <= before.length * partitions * GAPS_PER_LOSS) return [];
      return [`${node} reported a gap from ${inWords(gap)} at ${clock(arrivedAt)}`];
    });
  },
};

/** Returns the events of the subscribers that the receiver has not got, and that no gap explains. */
export function missingEvents(history: History): readonly Delivery[] {
  const { webhooks, stretches } = history;
  const missing = new Map<string, Delivery>();
  for (const { deliveries } of stretches)
    for (const delivery of deliveries) missing.set(keyOf(delivery), delivery);
  const latest = new Map<string, number>();
  for (const { events } of webhooks.stored) {
    for (const { delivery } of events) {
      if (delivery === undefined) continue;
      missing.delete(keyOf(delivery));
      const { userId, version } = delivery.presence;
      latest.set(userId, Math.max(latest.get(userId) ?? 0, version));
    }
  }
  return [...missing.values()].filter(
    (delivery) =>
      !isKnownDifference(delivery, latest) &&
      !gapsOf(delivery, history).some(({ gap }) => covers(gap, delivery.occurredAt)),
  );
}

/**
 * Whether an event is the difference that a node found when it read a partition again. Only subscribers of that node get it: the
 * receiver has got the commits themselves, or a later one.
 */
function isKnownDifference(
  { presence: { userId, version }, reason }: Delivery,
  latest: ReadonlyMap<string, number>,
): boolean {
  return reason === ChangeReason.CHANGE_REASON_UNSPECIFIED && (latest.get(userId) ?? 0) >= version;
}

/** Returns the gaps that may be of the partition of an event. */
function gapsOf({ presence }: Delivery, history: History): readonly ReportedGap[] {
  const own = history.webhooks.partitionOfUser(presence.userId);
  return gapsIn(history).filter(({ partition = own }) => partition === own);
}

function inWords({ from, to }: Gap): string {
  return `${from === undefined ? 'the beginning' : clock(from)} to ${clock(to)}`;
}

function covers({ from = -Infinity, to }: Gap, at: number): boolean {
  return from - SLACK_MS <= at && at <= to + SLACK_MS;
}

interface ReportedGap {
  readonly gap: Gap;
  readonly node: string;
  readonly arrivedAt: number;
  /** Undefined: not known. */
  readonly partition: number | undefined;
  /** Whether the sender may not know that the receiver has got it, and so may report another one. */
  readonly isRepeated: boolean;
}

function gapsIn({ webhooks }: History): readonly ReportedGap[] {
  const known = new Set<string>();
  return webhooks.stored.flatMap((request) => {
    const { events, node, arrivedAt, end } = request;
    return events.flatMap(({ id, gap }) => {
      if (gap === undefined) return [];
      const isRepeated = known.has(id) || end === 'response lost';
      known.add(id);
      return { gap, node, arrivedAt, partition: webhooks.partitionOf(request), isRepeated };
    });
  });
}
