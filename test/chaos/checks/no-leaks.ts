import type { Presence } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { Sighting, ViewerStretch } from '../access/access-history.js';
import { mayWatch } from '../access/tenants.js';
import { Truth } from '../access/truth.js';
import { namedIn } from '../access/viewer.js';
import { clock, isOffline, look } from '../in-words.js';
import { SLACK_MS } from '../timings.js';
import type { Check } from './check.js';

/** The time between a commit and its event, on a busy machine. */
const LATE_MS = SLACK_MS + 600;

export const noLeaks: Check = {
  name: 'no leaks',
  promise:
    'no subscriber ever receives a user whom it may not see, a channel that it may not watch, or a user who hides from it',
  violations: ({ history, graceMs }) => {
    const truth = new Truth(history, graceMs);
    return history.access.stretches.flatMap((stretch) => [...leaksIn(stretch, truth)]);
  },
};

function* leaksIn(stretch: ViewerStretch, truth: Truth): Generator<string> {
  const { viewerId, node, isResumed, snapshot, sightings, askedAt, currentAt } = stretch;
  const told = `${viewerId} (${[...stretch.rights.groups, ...stretch.rights.watch].join()}) on ${node}`;
  const known = new Set(snapshot.map(({ userId }) => userId));
  const gone = new Map<string, number>();
  if (!isResumed) {
    for (const presence of snapshot) {
      const time = { from: askedAt, until: currentAt };
      const leak = leakOf(presence, namedIn(presence), time, stretch, truth);
      if (leak !== undefined) yield `${told} had ${leak} in the snapshot of ${clock(askedAt)}`;
    }
  }
  for (const sighting of sightings) {
    const { presence, named, kind, occurredAt } = sighting;
    const { userId } = presence;
    const of = `in ${kind} of ${clock(occurredAt)}${sighting.isMissed ? ', resumed' : ''}`;
    const secret = named.filter((channelId) => !mayWatch(stretch.rights, channelId));
    if (secret.length > 0) yield `${told} was told of ${userId} in ${secret.join()} ${of}`;
    if (isOffline(presence)) {
      // A commit that ends the visibility can have several events.
      if (!known.delete(userId) && gone.get(userId) !== presence.version)
        yield `${told} was told that ${userId} is OFFLINE, unknown ${of}`;
      gone.set(userId, presence.version);
      continue;
    }
    known.add(userId);
    const leak = leakOf(presence, named, timeOf(sighting), stretch, truth);
    if (leak !== undefined) yield `${told} was told of ${leak} ${of}`;
    // A stream that resumes has no event of a user whom the viewer does not see any more.
    const now = { from: askedAt, until: currentAt };
    if (sighting.isMissed && !truth.mayBeSeen(userId, stretch.rights, now))
      yield `${told} was told of ${userId}, not seen any more, ${of}`;
  }
}

/** When the state of an event was true: when it happened, as far as the clocks of the nodes and this machine agree. */
function timeOf({ occurredAt }: Sighting) {
  return { from: occurredAt - LATE_MS, until: occurredAt + LATE_MS };
}

function leakOf(
  presence: Presence,
  named: readonly string[],
  time: { readonly from: number; readonly until: number },
  { viewerId, rights }: ViewerStretch,
  truth: Truth,
): string | undefined {
  const { userId } = presence;
  if (isOffline(presence)) return undefined;
  const secret = named.filter((channelId) => !mayWatch(rights, channelId));
  if (secret.length > 0) return `${userId} in ${secret.join()}`;
  if (!truth.mayBeSeen(userId, rights, time)) return `${userId}, whom it may not see`;
  // Nothing that happened after the user had hidden may be reported.
  if (truth.isHidden(userId, viewerId, time)) return `${userId}, who hides: ${look(presence)}`;
  return undefined;
}
