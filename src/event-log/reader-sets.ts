/** Adds a reader to the set of a key. */
export function put<Key, Reader>(sets: Map<Key, Set<Reader>>, key: Key, reader: Reader): void {
  let readers = sets.get(key);
  if (readers === undefined) sets.set(key, (readers = new Set()));
  readers.add(reader);
}

/** Removes a reader from the set of a key, and the set if it is empty then. */
export function take<Key, Reader>(sets: Map<Key, Set<Reader>>, key: Key, reader: Reader): void {
  const readers = sets.get(key);
  readers?.delete(reader);
  if (readers?.size === 0) sets.delete(key);
}
