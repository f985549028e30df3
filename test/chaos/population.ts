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
  /** How many go for good in a second, each for somebody who was never there before. */
  readonly newcomersPerSecond: number;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
}

/** Everyone. One in three never goes by their own will, one in four has two devices. */
export class Population {
  private isActive = false;
  private failure: Error | undefined;

  /** Went for good since it was last begun anew: nobody may see them any more. */
  private departed: readonly Person[] = [];
  private newcomers = 0;

  private constructor(
    private present: readonly Person[],
    private readonly options: PopulationOptions,
  ) {}

  static async create(options: PopulationOptions): Promise<Population> {
    const people = await Promise.all(
      Array.from({ length: options.users }, (_, i) => {
        const userId = `user-${String(i).padStart(4, '0')}`;
        return personCalled(userId, { isPinned: i % 3 === 0, hasTwo: i % 4 === 0 }, options);
      }),
    );
    return new Population(people, options);
  }

  /** All of whom something is known to be so. */
  get people(): readonly Person[] {
    return [...this.present, ...this.departed];
  }

  async arrive(): Promise<void> {
    const { present } = this;
    for (let first = 0; first < present.length; first += AT_ONCE) {
      await Promise.all(present.slice(first, first + AT_ONCE).map((person) => person.arrive()));
    }
  }

  /** Forgets those who have gone for good. */
  startOver(): void {
    this.departed = [];
  }

  /** Lets them act until told otherwise. */
  async live(): Promise<void> {
    const { random, actionsPerSecond, newcomersPerSecond } = this.options;
    this.isActive = true;
    while (this.isActive) {
      this.start(random.oneOf(this.present).act());
      const isTime =
        newcomersPerSecond > 0 && random.happens(newcomersPerSecond / actionsPerSecond);
      if (isTime) this.start(this.replaceOne());
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

  /** Somebody goes for good, and somebody else comes for the first time. */
  private async replaceOne(): Promise<void> {
    const { random } = this.options;
    const userId = `newcomer-${String(this.newcomers++).padStart(5, '0')}`;
    const about = { isPinned: false, hasTwo: random.happens(0.25) };
    const newcomer = await personCalled(userId, about, this.options);
    const leaver = random.oneOf(this.present.filter(({ isPinned }) => !isPinned));
    if (leaver.isBusy || !this.isActive) return;
    leaver.turnOff();
    this.departed = [...this.departed, leaver];
    this.present = [...this.present.filter((person) => person !== leaver), newcomer];
    await newcomer.arrive();
  }

  private rejoin(): void {
    for (const person of this.people) this.start(person.rejoin());
  }

  private start(deed: Promise<void>): void {
    deed.catch((error: unknown) => (this.failure ??= error as Error));
  }
}

async function personCalled(
  userId: string,
  { isPinned, hasTwo }: { readonly isPinned: boolean; readonly hasTwo: boolean },
  { nodes, random, history }: PopulationOptions,
): Promise<Person> {
  const platforms = hasTwo ? ['desktop', 'mobile'] : ['desktop'];
  const token = await tokenOf(userId);
  return new Person({ userId, token, platforms, isPinned, nodes, random, history });
}
