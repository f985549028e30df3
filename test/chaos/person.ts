import { setTimeout as sleep } from 'node:timers/promises';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Command, MuteChange } from './command.js';
import type { Device } from './device.js';
import type { Hiding, History, Span } from './history.js';
import type { NodeProcess } from './node-process.js';
import type { Random } from './random.js';

/** How long a client waits before it says again what was not heard. */
const AGAIN_MS = 200;

/** Who hides is among the longest gone to others, and forgotten in their order: nobody may hide for so long. */
const MOST_HIDDEN_MS = 60_000;

/** What a user has been told is so. */
export interface Wish {
  readonly channelId: string | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  readonly choice: StatusChoice;
  readonly statusText: string;
}

export interface PersonOptions {
  readonly userId: string;
  /** The user's devices. Each tells when it has begun a session in place of one that was lost. */
  readonly devices: (onReturn: () => void) => readonly Device[];
  /** Whether the devices restore by themselves what a lost session held. */
  readonly isRestoredByDevices: boolean;
  /** Breaks connections of the user's devices for so many milliseconds. Absent: their networks do not break. */
  readonly breakConnections?: (ms: number) => Promise<void>;
  /** Never goes by its own will. */
  readonly isPinned: boolean;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
}

/**
 * A user, and what is true of them by what they were told: their commands are made one after the other, each until it is
 * acknowledged. So whatever the cluster goes through, it is known what it has to show in the end.
 */
export class Person {
  readonly devices: readonly Device[];
  wish: Wish = {
    channelId: undefined,
    isMicrophoneMuted: false,
    isSpeakerMuted: false,
    choice: StatusChoice.STATUS_CHOICE_AUTOMATIC,
    statusText: '',
  };
  isBusy = false;
  private hiding: Hiding | undefined;
  /** The platform of the device that holds the channel. */
  private holder: string | undefined;
  /** A session was lost, and with it perhaps the place in the channel. */
  private mustRejoin = false;
  /** The session that was ended last by the user's own will. */
  private departure: Span | undefined;

  constructor(private readonly options: PersonOptions) {
    const { isRestoredByDevices } = options;
    this.devices = options.devices(() => (this.mustRejoin ||= !isRestoredByDevices));
  }

  get userId(): string {
    return this.options.userId;
  }

  get isRestoredByDevices(): boolean {
    return this.options.isRestoredByDevices;
  }

  get isPinned(): boolean {
    return this.options.isPinned;
  }

  /** Whether everything that the user wanted has come about. */
  get isSettled(): boolean {
    const isPlaced = !this.mustRejoin || !this.isThere;
    return !this.isBusy && isPlaced && this.devices.every((device) => device.isSettled);
  }

  get isThere(): boolean {
    return this.devices.some(({ span }) => span !== undefined);
  }

  /** Turns all devices on, each on a node of its own. */
  async arrive(): Promise<void> {
    const { random, nodes } = this.options;
    const first = random.between(0, nodes.length - 1);
    await Promise.all(
      this.devices.map((device, i) => device.turnOn(nodes[(first + i) % nodes.length]!)),
    );
  }

  /** Does something of what users do. */
  act(): Promise<void> {
    return this.alone(async () => {
      if (!this.isThere) return this.comeBack();
      if (this.mustRejoin) return;
      const { random, breakConnections } = this.options;
      if (breakConnections !== undefined && random.happens(0.15)) {
        // Commands go on meanwhile.
        void breakConnections(random.between(50, 3000));
      }
      const deed = random.fraction();
      if (this.hasHiddenEnough) await this.choose();
      else if (deed < 0.35) await this.join(random.oneOf(['lobby', 'kitchen', 'garden', 'stage']));
      else if (deed < 0.45) await this.leaveChannel();
      else if (deed < 0.7) await this.mute();
      else if (deed < 0.85) await this.choose();
      else if (!this.isPinned) this.goAway();
    });
  }

  /** Says again which channel the user is in, where a session was lost that may have held it, or its end. */
  async rejoin(): Promise<void> {
    if (this.departure !== undefined && this.options.history.mayBeUnheard(this.departure)) {
      this.departure = undefined;
      this.mustRejoin = true;
    }
    if (!this.mustRejoin || this.isBusy || !this.isThere) return;
    await this.alone(async () => {
      this.mustRejoin = false;
      const { channelId } = this.wish;
      if (channelId === undefined) await this.leaveChannel();
      else await this.join(channelId);
    });
  }

  turnOff(): void {
    for (const device of this.devices) device.turnOff();
  }

  /** Has the user do nothing else until this is done. */
  async whileBusy(work: () => Promise<void>): Promise<void> {
    await this.alone(work);
  }

  remove(): void {
    for (const device of this.devices) device.remove();
  }

  private async alone(work: () => Promise<void> | void): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await work();
    } finally {
      this.isBusy = false;
    }
  }

  private async comeBack(): Promise<void> {
    const { random, nodes } = this.options;
    await random.oneOf(this.devices).turnOn(random.oneOf(nodes));
  }

  private goAway(): void {
    const device = this.options.random.oneOf(this.devices.filter(({ canBeTold }) => canBeTold));
    this.departure = device.span;
    device.turnOff();
    // The session that joined takes the user out when it ends.
    if (this.holder === device.platform || !this.isThere) this.left();
  }

  private get hasHiddenEnough(): boolean {
    return this.hiding !== undefined && Date.now() - this.hiding.from > MOST_HIDDEN_MS;
  }

  private left(): void {
    this.wish = { ...this.wish, channelId: undefined };
    this.holder = undefined;
  }

  private async join(channelId: string): Promise<void> {
    const device = await this.say({ type: 'join', channelId });
    if (device === undefined) return;
    this.wish = { ...this.wish, channelId };
    this.holder = device.platform;
  }

  private async leaveChannel(): Promise<void> {
    if (await this.say({ type: 'leave' })) this.left();
  }

  private async mute(): Promise<void> {
    const { random } = this.options;
    const microphone = { isMicrophoneMuted: random.happens(0.5) };
    const speaker = { isSpeakerMuted: random.happens(0.5) };
    const change: MuteChange = random.oneOf([microphone, speaker, { ...microphone, ...speaker }]);
    if (await this.say({ type: 'mute', change })) this.wish = { ...this.wish, ...change };
  }

  private async choose(): Promise<void> {
    const { random, userId, history } = this.options;
    // Who is pinned is there for all to see: nothing else may make them OFFLINE.
    const choice = random.oneOf([
      StatusChoice.STATUS_CHOICE_AUTOMATIC,
      StatusChoice.STATUS_CHOICE_DO_NOT_DISTURB,
      StatusChoice.STATUS_CHOICE_AWAY,
      ...(this.isPinned || this.hasHiddenEnough ? [] : [StatusChoice.STATUS_CHOICE_INVISIBLE]),
    ]);
    const isHiding = choice === StatusChoice.STATUS_CHOICE_INVISIBLE;
    if (isHiding && this.hiding === undefined) {
      this.hiding = { userId, from: Date.now() };
      history.hidings.push(this.hiding);
    }
    const statusText = random.oneOf(['', 'at work', 'back soon']);
    if (!(await this.say({ type: 'choose', choice, statusText }))) return;
    this.wish = { ...this.wish, choice, statusText };
    if (!isHiding && this.hiding !== undefined) {
      this.hiding.until = Date.now();
      this.hiding = undefined;
    }
  }

  /** Repeats a command until it is acknowledged. Returns the device that was told last; undefined when the user has gone. */
  private async say(command: Command): Promise<Device | undefined> {
    const { history, userId, random, isRestoredByDevices } = this.options;
    const record = history.beginCommand(userId);
    try {
      for (;;) {
        const able = this.devices.filter(({ canBeTold }) => canBeTold);
        if (able.length > 0) {
          const device = isRestoredByDevices ? random.oneOf(able) : able[0]!;
          if (await device.tell(command)) {
            history.commands++;
            return device;
          }
        } else if (this.devices.every(({ isSettled }) => isSettled)) return undefined;
        await sleep(AGAIN_MS);
      }
    } finally {
      record.until = Date.now();
    }
  }
}
