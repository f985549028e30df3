import { setTimeout as sleep } from 'node:timers/promises';
import type { Device } from './device.js';
import type { History } from './history.js';
import { CALM_SECONDS, LibraryDevice } from './library-device.js';
import type { NodeProcess } from './node-process.js';
import { Person } from './person.js';
import { PlainDevice } from './plain-device.js';
import type { Random } from './random.js';
import { tokenOf } from './tokens.js';
import { wayOf } from './way.js';

/** How many arrive at once. */
const AT_ONCE = 20;

const SETTLES_WITHIN_MS = 30_000;

export interface PopulationOptions {
  readonly users: number;
  /** How many of them do something in a second. */
  readonly actionsPerSecond: number;
  /** How many go for good in a second, each for somebody who was never there before. */
  readonly newcomersPerSecond: number;
  /** For how long the tokens of the client library are good. */
  readonly tokenSeconds: number;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
}

/** One in so many users has two devices that use the client library. */
const LIBRARY_EVERY = 16;

/**
 * Everyone. One in three never goes by their own will, one in four has two devices. The devices call in several ways; some users
 * have two devices with the client library, whose networks break.
 */
export class Population {
  private isActive = false;
  private failure: Error | undefined;

  /** Went for good since it was last begun anew: nobody may see them any more. */
  private departed: readonly Person[] = [];
  private newcomers = 0;

  private constructor(
    private present: readonly Person[],
    private readonly options: PopulationOptions,
    private readonly renewal: Renewal,
  ) {}

  static async create(options: PopulationOptions): Promise<Population> {
    const renewal: Renewal = { tokenSeconds: options.tokenSeconds };
    const people = await Promise.all(
      Array.from({ length: options.users }, (_, i) => {
        const userId = `user-${String(i).padStart(4, '0')}`;
        const about = { isPinned: i % 3 === 0, hasTwo: i % 4 === 0, number: i };
        return i % LIBRARY_EVERY === LIBRARY_EVERY - 1
          ? libraryPersonCalled(userId, about, options, renewal)
          : personCalled(userId, about, options);
      }),
    );
    return new Population(people, options, renewal);
  }

  /** Those whose devices use the client library. */
  get libraryPeople(): readonly Person[] {
    return this.people.filter(({ isRestoredByDevices }) => isRestoredByDevices);
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
    this.renewal.tokenSeconds = this.options.tokenSeconds;
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
    // A session that moves to a new token is there twice for a moment, which is no quiet.
    this.renewal.tokenSeconds = CALM_SECONDS;
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
    for (const person of this.people) {
      person.turnOff();
      person.remove();
    }
  }

  /** Somebody goes for good, and somebody else comes for the first time. */
  private async replaceOne(): Promise<void> {
    const { random } = this.options;
    const userId = `newcomer-${String(this.newcomers++).padStart(5, '0')}`;
    const number = this.newcomers;
    const about = { isPinned: false, hasTwo: random.happens(0.25), number };
    const newcomer = await personCalled(userId, about, this.options);
    const leaver = random.oneOf(
      this.present.filter((person) => !person.isPinned && !person.isRestoredByDevices),
    );
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

/** Read whenever a token is asked for. */
interface Renewal {
  tokenSeconds: number;
}

interface About {
  readonly isPinned: boolean;
  readonly hasTwo: boolean;
  /** Decides in which ways the user's devices call. */
  readonly number: number;
}

async function personCalled(
  userId: string,
  { isPinned, hasTwo, number }: About,
  { nodes, random, history }: PopulationOptions,
): Promise<Person> {
  const platforms = hasTwo ? ['desktop', 'mobile'] : ['desktop'];
  const token = await tokenOf(userId);
  const common = { userId, nodes, random, history };
  const devices = (onReturn: () => void): readonly Device[] =>
    platforms.map(
      (platform, i) =>
        new PlainDevice({ ...common, token, platform, way: wayOf(number, i), onReturn }),
    );
  return new Person({ ...common, devices, isPinned, isRestoredByDevices: false });
}

async function libraryPersonCalled(
  userId: string,
  { isPinned }: About,
  { nodes, random, history }: PopulationOptions,
  renewal: Renewal,
): Promise<Person> {
  const common = { userId, nodes, random, history };
  const tokenSeconds = (): number => renewal.tokenSeconds;
  const devices = [
    new LibraryDevice({ ...common, platform: 'desktop', protocol: 'gRPC', tokenSeconds }),
    new LibraryDevice({ ...common, platform: 'mobile', protocol: 'Connect', tokenSeconds }),
  ];
  const breakConnections = async (ms: number): Promise<void> => {
    const broken = random.happens(0.4) ? devices : [random.oneOf(devices)];
    await Promise.all(broken.map((device) => device.cut(ms)));
  };
  return new Person({
    ...common,
    devices: () => devices,
    isPinned,
    isRestoredByDevices: true,
    breakConnections,
  });
}
