import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { decode, eventOf, filterOf, interestIn, newLog } from '../../test/support/log.js';
import { Cursor } from './cursor.js';
import type { EventLog } from './event-log.js';
import type { Filter } from './filter.js';
import { BatchCache } from './batch-cache.js';

const PARTITIONS = 3;

/** One commit in a cluster. The version identifies each of its events. */
interface Commit {
  readonly partition: number;
  readonly seq: number;
  readonly versions: readonly number[];
}

/** Commits of all partitions, in order within each partition. */
const clusters = fc
  .array(fc.record({ partition: fc.nat(PARTITIONS - 1), events: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 40,
  })
  .map((commits) => {
    let version = 0;
    const seqs = new Array<number>(PARTITIONS).fill(0);
    return commits.map(({ partition, events }): Commit => {
      // Some commits have no visible events, so the sequence numbers have gaps.
      seqs[partition]! += 1 + (version % 3);
      const versions = Array.from({ length: events }, () => ++version);
      return { partition, seq: seqs[partition]!, versions };
    });
  });

function newNode(size = 1000): EventLog {
  const log = newLog({ size });
  for (let partition = 0; partition < PARTITIONS; partition++) {
    log.begin({ partition, seq: 0, mark: partition });
  }
  return log;
}

function take(log: EventLog, { partition, seq, versions }: Commit, mark = seq * 31): void {
  const events = versions.map((version) =>
    eventOf(version % 2 === 0 ? 'even' : 'odd', version, { channelId: `c${version % 4}` }),
  );
  log.append(events, { partition, seq, mark });
}

/** Another order in which the same commits can arrive: the order between partitions can differ. */
function reordered(commits: readonly Commit[], turns: readonly number[]): readonly Commit[] {
  const queues = Array.from({ length: PARTITIONS }, (_, p) =>
    commits.filter(({ partition }) => partition === p),
  );
  const result: Commit[] = [];
  for (let i = 0; result.length < commits.length; i++) {
    const waiting = queues.filter((queue) => queue.length > 0);
    result.push(waiting[turns[i % turns.length]! % waiting.length]!.shift()!);
  }
  return result;
}

/** Returns all events that a reader receives after it resumes with a token, and the last token that it receives. */
function resume(log: EventLog, token: string, filter: Filter, stopAfter = Infinity) {
  const point = log.find(token);
  if (point === undefined) return undefined;
  const cursor = new Cursor(log, new BatchCache(log), interestIn(filter), point.start, {
    resumed: point,
    catchUp: undefined,
  });
  const versions: number[] = [];
  let last = token;
  while (!cursor.isAtHead && versions.length < stopAfter) {
    const message = cursor.read(false);
    if (message === undefined) continue;
    const { events, resumeToken } = decode(message);
    versions.push(...events.map(({ presence }) => presence!.version));
    if (resumeToken !== '') last = resumeToken;
  }
  return { versions, last };
}

describe('A resume token', () => {
  const filters = fc.constantFrom(
    filterOf(),
    filterOf({ userIds: ['even'] }),
    filterOf({ channelIds: ['c1', 'c2'] }),
  );
  const turns = fc.array(fc.nat(PARTITIONS - 1), { minLength: 1, maxLength: 20 });

  it('resumes at another node with exactly the missed events, whatever their order there', () => {
    fc.assert(
      fc.property(clusters, turns, fc.nat(40), filters, (commits, order, count, filter) => {
        const [here, there] = [newNode(), newNode()];
        const seen = commits.slice(0, count);
        for (const commit of seen) take(here, commit);
        for (const commit of reordered(commits, order)) take(there, commit);
        const missed = commits.slice(count).flatMap(({ versions }) => versions);
        const all = resume(there, here.tokenFor(here.head), filterOf())!.versions;
        expect(all.toSorted((a, b) => a - b)).toEqual(missed);
        const some = resume(there, here.tokenFor(here.head), filter)!.versions;
        expect(all.filter((version) => some.includes(version))).toEqual(some);
      }),
    );
  });

  it('from a later message resumes like the first one', () => {
    fc.assert(
      fc.property(clusters, turns, fc.nat(40), fc.nat(60), (commits, order, count, stopAfter) => {
        const [here, there, third] = [newNode(), newNode(), newNode()];
        for (const commit of commits.slice(0, count)) take(here, commit);
        for (const commit of reordered(commits, order)) take(there, commit);
        for (const commit of commits) take(third, commit);
        const first = resume(there, here.tokenFor(here.head), filterOf(), stopAfter)!;
        const rest = resume(third, first.last, filterOf())!;
        const missed = commits.slice(count).flatMap(({ versions }) => versions);
        const given = new Set([...first.versions, ...rest.versions]);
        expect([...given].toSorted((a, b) => a - b)).toEqual(missed);
      }),
    );
  });

  it('is invalid if the store has lost a commit that its bearer saw, and has given its number to another one', () => {
    const [here, there] = [newNode(), newNode()];
    const commit: Commit = { partition: 1, seq: 1, versions: [1] };
    take(here, commit, 4711);
    take(there, { ...commit, versions: [2] }, 815);
    expect(there.find(here.tokenFor(here.head))).toBeUndefined();
    expect(here.find(here.tokenFor(here.head))).toBeDefined();
  });

  it('is invalid if the history of a partition had to restart', () => {
    const log = newNode();
    const token = log.tokenFor(1);
    log.begin({ partition: 2, seq: 5, mark: 1 });
    expect(log.find(token)).toBeUndefined();
    expect(log.find(log.tokenFor(1))).toBeDefined();
  });

  it('is invalid if its bearer has not received everything that came before the restart', () => {
    const log = newNode();
    take(log, { partition: 2, seq: 1, versions: [1] });
    take(log, { partition: 2, seq: 2, versions: [2] });
    log.begin({ partition: 2, seq: 5, mark: 1 });
    expect(log.find(log.tokenFor(2))).toBeUndefined();
    expect(log.find(log.tokenFor(3))).toBeDefined();
    // The node finds differences, and reports them with the commit of the restart.
    take(log, { partition: 2, seq: 5, versions: [3, 4] }, 1);
    for (const offset of [2, 3, 4]) expect(log.find(log.tokenFor(offset))).toBeUndefined();
    expect(log.find(log.tokenFor(5))).toBeDefined();
    log.begin({ partition: 2, seq: 6, mark: 1 });
    for (const offset of [2, 4]) expect(log.find(log.tokenFor(offset))).toBeUndefined();
    expect(log.find(log.tokenFor(5))).toBeDefined();
  });

  it('is invalid if the log has dropped something that its bearer has not seen', () => {
    const log = newNode(2);
    const token = log.tokenFor(1);
    take(log, { partition: 0, seq: 1, versions: [1] });
    take(log, { partition: 1, seq: 1, versions: [2] });
    expect(resume(log, token, filterOf())!.versions).toEqual([1, 2]);
    const later = log.tokenFor(2);
    take(log, { partition: 1, seq: 2, versions: [3] });
    expect(log.find(token)).toBeUndefined();
    expect(resume(log, later, filterOf())!.versions).toEqual([2, 3]);
  });

  it('stays valid for a partition without commits while other partitions are busy', () => {
    const log = newNode(3);
    take(log, { partition: 0, seq: 1, versions: [1] });
    for (let seq = 1; seq <= 3000; seq++) take(log, { partition: 1, seq, versions: [seq + 1] });
    const token = log.tokenFor(log.head);
    take(log, { partition: 0, seq: 2, versions: [9999] });
    expect(resume(log, token, filterOf())!.versions).toEqual([9999]);
  });
});
