import { setTimeout as sleep } from 'node:timers/promises';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { Command, MuteChange } from './command.js';
import type { Device } from './device.js';
import type { Hiding, History, Span } from './history.js';
import type { NodeProcess } from './node-process.js';
import type { Random } from './random.js';

/** The delay before a client repeats an unacknowledged command. */
const AGAIN_MS = 200;

/**
 * An INVISIBLE user counts as long OFFLINE for others, and the service forgets OFFLINE users in
 * that order. So no user may hide for longer than this.
 */
const MOST_HIDDEN_MS = 60_000;

/** The state that was acknowledged to a user. */
export interface Wish {
  readonly channelId: string | undefined;
  readonly isMicrophoneMuted: boolean;
  readonly isSpeakerMuted: boolean;
  readonly choice: StatusChoice;
  readonly statusText: string;
}

export interface PersonOptions {
  readonly userId: string;
  /**
   * Creates the devices of the user. A device calls `onReturn` when it has begun a session that
   * replaces a lost one.
   */
  readonly devices: (onReturn: () => void) => readonly Device[];
  /** Whether the devices restore the state of a lost session by themselves. */
  readonly isRestoredByDevices: boolean;
  /**
   * Breaks connections of the user's devices for some milliseconds. Absent if their networks do not
   * break.
   */
  readonly breakConnections?: (ms: number) => Promise<void>;
  /** Whether the user never leaves voluntarily. */
  readonly isPinned: boolean;
  readonly nodes: readonly NodeProcess[];
  readonly random: Random;
  readonly history: History;
}

/**
 * A user, and the state that its acknowledged commands lead to. Commands are sent one after the
 * other, each until it is acknowledged. Therefore the final state of the cluster is known, whatever
 * faults happen.
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
  /** The platform of the device whose session is in the channel. */
  private holder: string | undefined;
  /** Whether a lost session may have removed the user from the channel. */
  private mustRejoin = false;
  /** The last session that the user ended voluntarily. */
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

  /** Whether all commands of the user have taken effect. */
  get isSettled(): boolean {
    const isPlaced = !this.mustRejoin || !this.isThere;
    return !this.isBusy && isPlaced && this.devices.every((device) => device.isSettled);
  }

  get isThere(): boolean {
    return this.devices.some(({ span }) => span !== undefined);
  }

  /** Turns all devices on, each on another node. */
  async arrive(): Promise<void> {
    const { random, nodes } = this.options;
    const first = random.between(0, nodes.length - 1);
    await Promise.all(
      this.devices.map((device, i) => device.turnOn(nodes[(first + i) % nodes.length]!)),
    );
  }

  /** Performs one random action of a user. */
  act(): Promise<void> {
    return this.alone(async () => {
      if (!this.isThere) return this.comeBack();
      if (this.mustRejoin) return;
      const { random, breakConnections } = this.options;
      if (breakConnections !== undefined && random.happens(0.15)) {
        // Commands continue during the break.
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

  /**
   * Repeats the join or leave of the channel if a lost session may have held the channel, or if the
   * end of a session may have been missed.
   */
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

  /** Prevents other actions of the user until `work` is done. */
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
    // When the session that joined the channel ends, the user leaves the channel.
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
    // A pinned user must stay visible to all, so that only a fault can make it OFFLINE.
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

  /**
   * Repeats a command until it is acknowledged. Returns the device that sent it last, or undefined
   * if the user has left.
   */
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
