import { setTimeout as sleep } from 'node:timers/promises';
import { AccessLife } from './access/access-life.js';
import { joinableChannels } from './access/tenants.js';
import type { Backend } from './backend.js';
import { CHANNELS } from './channels.js';
import type { Device } from './device.js';
import type { History } from './history.js';
import { CALM_SECONDS, LibraryDevice } from './library-device.js';
import type { NodeProcess } from './node-process.js';
import { Person } from './person.js';
import { PlainDevice } from './plain-device.js';
import type { Random } from './random.js';
import { tokenOf } from './tokens.js';
import { wayOf } from './way.js';

/** The number of users that connect at the same time. */
const AT_ONCE = 20;

const SETTLES_WITHIN_MS = 30_000;

export interface PopulationOptions {
  readonly users: number;
  /** The number of user actions per second, over all users. */
  readonly actionsPerSecond: number;
  /** The number of users per second that leave permanently, each replaced by a new user. */
  readonly newcomersPerSecond: number;
  /** The validity of the tokens of the client library, in seconds. */
  readonly tokenSeconds: number;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
  readonly backend: Backend;
  /** The viewers who see only what their tokens grant. Absent: everyone sees everyone. */
  readonly viewerIds?: readonly string[];
}

/** One in this many users has two devices that use the client library. */
const LIBRARY_EVERY = 16;

/**
 * All users. One in three never leaves voluntarily, one in four has two devices. The devices use
 * several protocols; some users have two devices with the client library, whose networks break.
 */
export class Population {
  private isActive = false;
  private failure: Error | undefined;

  /**
   * The users who left permanently since the last `startOver`. They must not be visible any more.
   */
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
        // The devices with the library keep their rights.
        return i % LIBRARY_EVERY === LIBRARY_EVERY - 1 && options.viewerIds === undefined
          ? libraryPersonCalled(userId, about, options, renewal)
          : personCalled(userId, about, options);
      }),
    );
    return new Population(people, options, renewal);
  }

  /** The users whose devices use the client library. */
  get libraryPeople(): readonly Person[] {
    return this.people.filter(({ isRestoredByDevices }) => isRestoredByDevices);
  }

  /** All users whose state is known. */
  get people(): readonly Person[] {
    return [...this.present, ...this.departed];
  }

  async arrive(): Promise<void> {
    const { present } = this;
    for (let first = 0; first < present.length; first += AT_ONCE) {
      await Promise.all(present.slice(first, first + AT_ONCE).map((person) => person.arrive()));
    }
  }

  /** Forgets the users who left permanently. */
  startOver(): void {
    this.departed = [];
  }

  /** Lets the users act until `settle` is called. */
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

  /**
   * Starts no new actions, and waits until all started ones have taken effect. Returns the users
   * that are not done.
   */
  async settle(): Promise<readonly Person[]> {
    this.isActive = false;
    // When a session moves to a new token, it exists twice for a short time. This would disturb the
    // quiet phase.
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

  /** Replaces one user, who leaves permanently, by a new user. */
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

/** Read at each request for a token. */
interface Renewal {
  tokenSeconds: number;
}

interface About {
  readonly isPinned: boolean;
  readonly hasTwo: boolean;
  /** Selects the protocols of the user's devices. */
  readonly number: number;
}

async function personCalled(
  userId: string,
  { isPinned, hasTwo, number }: About,
  { nodes, random, history, backend, viewerIds }: PopulationOptions,
): Promise<Person> {
  const platforms = hasTwo ? ['desktop', 'mobile'] : ['desktop'];
  const life =
    viewerIds &&
    new AccessLife({ ...{ userId, viewerIds, random, backend }, access: history.access });
  const text = await tokenOf(userId);
  const token = async () => (life === undefined ? { text, groups: [] } : life.token());
  const common = { userId, nodes, random, history };
  const devices = (onReturn: () => void): readonly Device[] =>
    platforms.map(
      (platform, i) =>
        new PlainDevice({ ...common, token, platform, way: wayOf(number, i), onReturn }),
    );
  return new Person({
    ...common,
    ...{ backend, channelsOf: life ? channelsFor : () => CHANNELS },
    ...(life && { life }),
    ...{ devices, isPinned, isRestoredByDevices: false },
  });
}

/** The channels that the token of a device's session grants. */
function channelsFor({ span }: Device): readonly string[] {
  return joinableChannels(span?.groups ?? []);
}

async function libraryPersonCalled(
  userId: string,
  { isPinned }: About,
  { nodes, random, history, backend }: PopulationOptions,
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
    ...{ backend, channelsOf: () => CHANNELS },
    devices: () => devices,
    isPinned,
    isRestoredByDevices: true,
    breakConnections,
  });
}
