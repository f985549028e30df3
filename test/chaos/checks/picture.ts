import type { Presence } from '../../../src/api/generated/presence/v1/presence.pb.js';
import { isOffline, look } from '../in-words.js';
import type { Stretch } from '../history.js';
import type { Check } from './check.js';

export const picture: Check = {
  name: 'picture',
  promise: 'the presences that a subscriber derives from its events are those of the lists',
  violations: ({ history, answers }) => {
    const listed = answers[0]!.online;
    return history.stretches
      .filter(({ until }) => until === undefined)
      .flatMap((stretch) => [...differencesIn(stretch, listed)]);
  },
};

function* differencesIn(stretch: Stretch, listed: readonly Presence[]): Generator<string> {
  const shown = pictureOf(stretch);
  for (const presence of listed) {
    const mine = shown.get(presence.userId);
    shown.delete(presence.userId);
    if (look(mine) !== look(presence)) {
      yield `${stretch.subscriber} on ${stretch.node} sees ${presence.userId} as ${look(mine)}, not ${look(presence)}`;
    }
  }
  for (const [userId, presence] of shown) {
    yield `${stretch.subscriber} on ${stretch.node} sees ${userId} as ${look(presence)}, who is not listed`;
  }
}

/** Returns all users who are not OFFLINE for a subscriber. */
export function pictureOf({
  snapshot,
  deliveries,
}: Pick<Stretch, 'snapshot' | 'deliveries'>): Map<string, Presence> {
  const shown = new Map(snapshot.map((presence) => [presence.userId, presence]));
  for (const { presence } of deliveries) {
    if (isOffline(presence)) shown.delete(presence.userId);
    else shown.set(presence.userId, presence);
  }
  return shown;
}
