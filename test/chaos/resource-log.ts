import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../load/median.js';
import { usageOf } from '../support/process-usage.js';
import type { NodeProcess } from './node-process.js';
import type { Point } from './trend.js';
import type { World } from './world.js';

const EVERY_MS = 2000;
const ANSWERS_WITHIN_MS = 1000;

export const MEASURES = ['RSS', 'heap', 'open files'] as const;

export type Measure = (typeof MEASURES)[number];

/** A measurement of a process over time, one point per round. */
export interface Series {
  readonly owner: string;
  readonly measure: Measure;
  readonly points: Point[];
}

/**
 * The resource usage of the processes of a world. The heap varies with garbage, so a round counts
 * with its smallest heap, and with the median of resident memory and open files.
 */
export class ResourceLog {
  readonly series: readonly Series[];
  private readonly samples = new Map<Series, number[]>();
  private isOver = false;

  constructor(private readonly world: World) {
    const ofNodes = world.nodes.flatMap(({ name: owner }) =>
      MEASURES.map((measure): Series => ({ owner, measure, points: [] })),
    );
    this.series = [...ofNodes, { owner: 'Redis', measure: 'heap', points: [] }];
  }

  /** Samples repeatedly until it is stopped. */
  async watch(): Promise<void> {
    while (!this.isOver) {
      // A node that is stopped or unreachable returns nothing. The samples before and after count.
      await Promise.allSettled([
        ...this.world.nodes.map((node) => this.lookAtNode(node)),
        this.lookAtRedis(),
      ]);
      await sleep(EVERY_MS);
    }
  }

  end(): void {
    this.isOver = true;
  }

  /** Adds a point from the samples since the last one. */
  endRound(): void {
    const at = Date.now();
    for (const [series, values] of this.samples) {
      const value = series.measure === 'heap' ? Math.min(...values) : median(values);
      series.points.push({ at, value });
    }
    this.samples.clear();
  }

  private async lookAtNode({ name, pid, httpUrl }: NodeProcess): Promise<void> {
    this.note(name, 'RSS', usageOf(pid).rssBytes);
    const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    const figures = await (await fetch(`${httpUrl}/metrics`, { signal })).text();
    this.note(name, 'heap', figure(figures, 'nodejs_heap_size_used_bytes'));
    this.note(name, 'open files', figure(figures, 'process_open_fds'));
  }

  private async lookAtRedis(): Promise<void> {
    const about = await this.world.redis.with((redis) =>
      Promise.race([redis.info('memory'), sleep(ANSWERS_WITHIN_MS, '')]),
    );
    this.note('Redis', 'heap', Number(/used_memory:(\d+)/.exec(about)?.[1]));
  }

  private note(owner: string, measure: Measure, value: number): void {
    if (Number.isNaN(value)) return;
    const series = this.series.find((one) => one.owner === owner && one.measure === measure)!;
    const values = this.samples.get(series);
    if (values === undefined) this.samples.set(series, [value]);
    else values.push(value);
  }
}

function figure(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}
