import { ChangeReason } from '../../../src/api/generated/presence/v1/events_service.pb.js';
import type { Evidence } from '../evidence.js';
import { pictureOf } from './picture.js';
import type { FaultRecord, Stretch } from '../history.js';
import { clock } from '../in-words.js';
import type { Check } from './check.js';

export const lostNode: Check = {
  name: 'lost node',
  promise:
    'users of a killed node who do not reconnect are announced OFFLINE to all subscribers in time, with the reason',
  violations: (evidence) => {
    const { history, promises } = evidence;
    if (promises.lostWithinMs === undefined) return [];
    return history.faults
      .filter(({ name }) => name === 'killed')
      .flatMap((fault) =>
        history.stretches
          .filter(
            ({ from, until }) =>
              from < fault.from && (until ?? Infinity) > fault.from + promises.lostWithinMs!,
          )
          .flatMap((stretch) => [
            ...violationsOf(stretch, fault, promises.lostWithinMs!, evidence),
          ]),
      );
  },
};

function* violationsOf(
  stretch: Stretch,
  fault: FaultRecord,
  withinMs: number,
  evidence: Evidence,
): Generator<string> {
  const before = pictureOf({
    ...stretch,
    deliveries: stretch.deliveries.filter(({ at }) => at <= fault.from),
  });
  for (const userId of whoStayedAway(fault, withinMs, evidence)) {
    if (!before.has(userId)) continue;
    const event = stretch.deliveries.find(
      ({ at, kind, presence }) =>
        at > fault.from && kind === 'userOffline' && presence.userId === userId,
    );
    if (event === undefined || event.at > fault.from + withinMs) {
      const when = event === undefined ? 'never' : `${event.at - fault.from} ms after the kill`;
      yield `${stretch.subscriber} was told ${when} that ${userId} is OFFLINE (killed at ${clock(fault.from)})`;
    } else if (event.reason !== ChangeReason.CHANGE_REASON_NODE_LOST) {
      yield `${stretch.subscriber} was told that ${userId} is OFFLINE because of ${ChangeReason[event.reason]}`;
    }
  }
}

/**
 * Returns the users who had sessions only on the killed nodes, and no session for some time
 * afterwards.
 */
function whoStayedAway(
  { from, nodes }: FaultRecord,
  withinMs: number,
  { history }: Evidence,
): ReadonlySet<string> {
  const lost = history.spans.filter(
    ({ node, from: begun, until }) =>
      nodes.includes(node) && begun < from - 1000 && (until ?? Infinity) >= from,
  );
  const userIds = new Set(lost.map(({ userId }) => userId));
  for (const span of history.spans) {
    const isElsewhere =
      !lost.includes(span) && span.from < from + withinMs && (span.until ?? Infinity) > from - 500;
    if (isElsewhere) userIds.delete(span.userId);
  }
  for (const { userId } of history.hidings) userIds.delete(userId);
  return userIds;
}
