/** Merges ordered sequences without common elements into one ordered sequence, lazily. */
export function* merge(sequences: readonly Iterator<string>[]): Generator<string> {
  const heads = sequences.map((sequence) => ({ sequence, head: sequence.next() }));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const candidate of heads) {
      if (candidate.head.done) continue;
      if (first === undefined || candidate.head.value < first.head.value) first = candidate;
    }
    if (first === undefined) return;
    yield first.head.value;
    first.head = first.sequence.next();
  }
}
