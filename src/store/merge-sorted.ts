import TinyQueue from 'tinyqueue';

interface Head {
  readonly sequence: Iterator<string, undefined>;
  value: string;
}

/** Merges ordered sequences into one ordered sequence, lazily. An element of several sequences is yielded once. */
export function* mergeSorted(
  sequences: readonly Iterator<string, undefined>[],
): Generator<string, undefined> {
  const heads = sequences.flatMap((sequence) => {
    const { value } = sequence.next();
    return value === undefined ? [] : [{ sequence, value }];
  });
  const queue = new TinyQueue<Head>(heads, (a, b) => (a.value < b.value ? -1 : 1));
  let last: string | undefined;
  for (let head = queue.pop(); head !== undefined;) {
    if (head.value !== last) yield (last = head.value);
    const { value } = head.sequence.next();
    const rival = queue.peek();
    if (value === undefined) {
      head = queue.pop();
      continue;
    }
    head.value = value;
    // Most elements come from one sequence, which then stays out of the queue.
    if (rival === undefined || value <= rival.value) continue;
    queue.push(head);
    head = queue.pop();
  }
}
