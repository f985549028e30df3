import { setTimeout as sleep } from 'node:timers/promises';
import type { History } from './history.js';
import type { NodeProcess } from './node-process.js';
import { Person } from './person.js';
import type { Random } from './random.js';
import { tokenOf } from './tokens.js';

/** How many arrive at once. */
const AT_ONCE = 20;

const SETTLES_WITHIN_MS = 30_000;

export interface PopulationOptions {
  readonly users: number;
  /** How many of them do something in a second. */
  readonly actionsPerSecond: number;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
}

/** Everyone. One in three never goes by their own will, one in four has two devices. */
export class Population {
  private isActive = true;
  private failure: Error | undefined;

  private constructor(
    readonly people: readonly Person[],
    private readonly options: PopulationOptions,
  ) {}

  static async create(options: PopulationOptions): Promise<Population> {
    const people = await Promise.all(
      Array.from({ length: options.users }, async (_, i) => {
        const userId = `user-${String(i).padStart(4, '0')}`;
        const platforms = i % 4 === 0 ? ['desktop', 'mobile'] : ['desktop'];
        const token = await tokenOf(userId);
        return new Person({ userId, token, platforms, isPinned: i % 3 === 0, ...options });
      }),
    );
    return new Population(people, options);
  }

  async arrive(): Promise<void> {
    for (let first = 0; first < this.people.length; first += AT_ONCE) {
      await Promise.all(this.people.slice(first, first + AT_ONCE).map((person) => person.arrive()));
    }
  }

  /** Lets them act until told otherwise. */
  async live(): Promise<void> {
    const { random, actionsPerSecond } = this.options;
    while (this.isActive) {
      this.start(random.oneOf(this.people).act());
      this.rejoin();
      await sleep((1000 / actionsPerSecond) * (0.5 + random.fraction()));
    }
  }

  /** Lets nobody begin anything any more, and waits until everything begun has come about. Returns who is not done. */
  async settle(): Promise<readonly Person[]> {
    this.isActive = false;
    const deadline = Date.now() + SETTLES_WITHIN_MS;
    const unsettled = (): readonly Person[] => this.people.filter((person) => !person.isSettled);
    while (unsettled().length > 0 && Date.now() < deadline) {
      this.rejoin();
      await sleep(50);
    }
    if (this.failure !== undefined) throw this.failure;
    return unsettled();
  }

  leave(): void {
    this.isActive = false;
    for (const person of this.people) person.turnOff();
  }

  private rejoin(): void {
    for (const person of this.people) this.start(person.rejoin());
  }

  private start(deed: Promise<void>): void {
    deed.catch((error: unknown) => (this.failure ??= error as Error));
  }
}
