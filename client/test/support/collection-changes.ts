import type { Change, PresenceCollection } from '@presence-service/client';

/** Returns the changes of a collection from now on, in words, as a list that grows. */
export function note(collection: PresenceCollection): string[] {
  const changes: string[] = [];
  collection.subscribe((change) => changes.push(inWords(change)));
  return changes;
}

/** Returns a change with its versions and its reason. */
export function inWords({ userId, previous, current, reason }: Change): string {
  return `${userId} ${previous?.version ?? '-'} -> ${current?.version ?? '-'} ${reason}`;
}

/** Returns the users of a collection with the versions of their presences. */
export function versions(collection: PresenceCollection): string {
  return [...collection].map(([userId, { version }]) => `${userId} ${version}`).join(', ');
}
