import type { Presence } from '../../../src/api/generated/presence/v1/presence.pb.js';
import { clock, isOffline, look } from '../in-words.js';
import type { Delivery } from '../delivery.js';
import type { Stretch } from '../history.js';
import type { Check } from './check.js';

export const silence: Check = {
  name: 'silence',
  promise:
    'I6: no subscriber receives the same presence of a user twice in a row, or a version that is not newer',
  violations: ({ history }) => history.stretches.flatMap((stretch) => [...repeatsIn(stretch)]),
};

function* repeatsIn({ subscriber, node, snapshot, deliveries }: Stretch): Generator<string> {
  const known = new Map<string, { readonly presence: Presence; readonly kinds: Set<string> }>();
  for (const presence of snapshot) known.set(presence.userId, { presence, kinds: new Set() });
  for (const delivery of deliveries) {
    const { presence, kind } = delivery;
    const before = known.get(presence.userId);
    const isSameCommit =
      before?.presence.version === presence.version &&
      !before.kinds.has(kind) &&
      before.kinds.size > 0;
    if (isSameCommit) {
      before.kinds.add(kind);
      continue;
    }
    const wrong =
      before === undefined ? firstIsWrong(delivery) : nextIsWrong(before.presence, presence);
    if (wrong !== undefined) {
      yield `${subscriber} on ${node} at ${clock(delivery.at)}, ${presence.userId} ${kind}: ${wrong}`;
    }
    known.set(presence.userId, { presence, kinds: new Set([kind]) });
  }
}

/** Checks the first event of a user who was not in the snapshot, and therefore was OFFLINE. */
function firstIsWrong({ presence, kind }: Delivery): string | undefined {
  return isOffline(presence) && kind === 'userOffline' ? 'was OFFLINE already' : undefined;
}

function nextIsWrong(before: Presence, after: Presence): string | undefined {
  if (after.version <= before.version) return `version ${after.version} after ${before.version}`;
  return look(before) === look(after) ? `again ${look(after)}` : undefined;
}
