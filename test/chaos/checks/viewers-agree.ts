import type { Presence } from '../../../src/api/generated/presence/v1/presence.pb.js';
import { mayWatch, type Rights } from '../access/tenants.js';
import type { Evidence, Expected, ViewerAnswers } from '../evidence.js';
import { isOffline, look } from '../in-words.js';
import type { Check } from './check.js';
import { visible, visibleAs } from './convergence.js';
import { pictureOf } from './picture.js';

export const viewersAgree: Check = {
  name: 'viewers agree',
  promise:
    'in the end every viewer knows exactly what GetPresence, the lists and the counts of every node say to it, and what it may see',
  violations: (evidence) => differencesOfViewers(evidence),
};

/** Returns the differences between what viewers know, what the nodes say to them, and what they may see. */
export function differencesOfViewers({
  viewers,
  expected,
}: Pick<Evidence, 'viewers' | 'expected'>): readonly string[] {
  return viewers.flatMap((viewer) => [
    ...againstTruth(viewer, expected),
    ...againstStream(viewer),
    ...againstLists(viewer),
  ]);
}

function* againstTruth(
  { viewerId, rights, node, presences }: ViewerAnswers,
  expected: readonly Expected[],
): Generator<string> {
  const got = new Map(presences.map((presence) => [presence.userId, presence]));
  for (const user of expected) {
    const presence = got.get(user.userId)!;
    const due = expectedBy(viewerId, rights, user);
    if (due === undefined) {
      if (!isOffline(presence) || presence.version > 0)
        yield `${node} tells ${viewerId} of ${user.userId}, whom it may not see: ${look(presence)}`;
    } else if (visible(presence, false) !== visibleAs(due)) {
      yield `${node} tells ${viewerId} that ${user.userId} is ${visible(presence, false)}, not ${visibleAs(due)}`;
    }
  }
}

/** Returns what a viewer must see of a user. Undefined: nothing. */
function expectedBy(viewerId: string, rights: Rights, user: Expected): Expected | undefined {
  if (!user.isShown || user.hiddenFrom.includes(viewerId)) return undefined;
  const channelIds = user.channelIds.filter((channelId) => mayWatch(rights, channelId));
  const isOfGroup = user.groups.some((group) => rights.groups.includes(group));
  if (!isOfGroup && channelIds.length === 0) return undefined;
  const channelId = user.joins.filter((id) => mayWatch(rights, id)).at(-1);
  return { ...user, channelId, channelIds };
}

function* againstStream({ viewerId, node, stretch, presences }: ViewerAnswers): Generator<string> {
  if (stretch === undefined) {
    yield `${viewerId} has no subscription`;
    return;
  }
  const { snapshot, sightings: deliveries } = stretch;
  const known = pictureOf({ snapshot, deliveries });
  const shown = presences.filter((presence) => !isOffline(presence));
  for (const presence of shown) {
    const mine: Presence | undefined = known.get(presence.userId);
    known.delete(presence.userId);
    if (look(mine) !== look(presence))
      yield `${viewerId} knows ${presence.userId} as ${look(mine)}, and ${node} says ${look(presence)}`;
  }
  for (const [userId, presence] of known)
    yield `${viewerId} knows ${userId} as ${look(presence)}, and ${node} does not tell of it`;
}

function* againstLists({
  viewerId,
  node,
  presences,
  listed,
  counted,
}: ViewerAnswers): Generator<string> {
  const due = presences.filter((presence) => !isOffline(presence)).map(({ userId }) => userId);
  if (due.sort().join() !== listed.join())
    yield `${node} lists ${listed.join()} to ${viewerId}, not ${due.join()}`;
  if (counted !== due.length) yield `${node} counts ${counted} for ${viewerId}, not ${due.length}`;
}
