import { setTimeout as sleep } from 'node:timers/promises';
import { StatusChoice } from '../../src/api/generated/presence/v1/presence_service.pb.js';
import type { AccessLife } from './access/access-life.js';
import type { Command, MuteChange } from './command.js';
import type { Device } from './device.js';
import type { Hiding, Span } from './history.js';
import { moderated } from './moderated.js';
import type { PersonOptions } from './person-options.js';
import {
  channelsOf,
  departed,
  FIRST_WISH,
  joined,
  left,
  withAttributes,
  type Wish,
} from './wish.js';

/** The delay before a client repeats an unacknowledged command. */
const AGAIN_MS = 200;

/**
 * An INVISIBLE user counts as long OFFLINE for others, and the service forgets OFFLINE users in
 * that order. So no user may hide for longer than this.
 */
const MOST_HIDDEN_MS = 60_000;

/**
 * A user, and the state that its acknowledged commands lead to. Commands are sent one after the
 * other, each until it is acknowledged. Therefore the final state of the cluster is known, whatever
 * faults happen.
 */
export class Person {
  readonly devices: readonly Device[];
  isBusy = false;
  private state: Wish = FIRST_WISH;
  private hiding: Hiding | undefined;
  /** Whether a lost session may have removed the user from channels. */
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

  get wish(): Wish {
    return this.state;
  }

  get life(): AccessLife | undefined {
    return this.options.life;
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
      if (this.life !== undefined && random.happens(0.2)) return this.changeRights(this.life);
      const deed = random.fraction();
      if (this.hasHiddenEnough) await this.choose();
      else if (deed < 0.3) await this.joinAny();
      else if (deed < 0.4) await this.leave(random.oneOf([undefined, ...channelsOf(this.wish)]));
      else if (deed < 0.55) await this.mute();
      else if (deed < 0.65) await this.changeAttributes();
      else if (deed < 0.75) await this.choose();
      else if (deed < 0.85) await this.beModerated();
      else if (!this.isPinned) this.goAway();
    });
  }

  /**
   * Repeats the joins, or the leave, if a lost session may have been in a channel, or if the end of a session may have been
   * missed.
   */
  async rejoin(): Promise<void> {
    if (this.departure !== undefined && this.options.history.mayBeUnheard(this.departure)) {
      this.departure = undefined;
      this.mustRejoin = true;
    }
    if (!this.mustRejoin || this.isBusy || !this.isThere) return;
    await this.alone(async () => {
      this.mustRejoin = false;
      const channelIds = new Set(this.wish.stays.map(({ channelId }) => channelId));
      await this.leave(undefined);
      // The new tokens may not grant a channel of the old ones.
      for (const channelId of channelIds) await this.join(channelId, true);
    });
  }

  private set wish(wish: Wish) {
    this.state = wish;
    this.options.history.access.endStays(this.userId, channelsOf(wish));
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

  /** The user gets other groups, hides from viewers, or has its tokens revoked. */
  private async changeRights(life: AccessLife): Promise<void> {
    const { random, nodes } = this.options;
    const deed = random.fraction();
    // A pinned user must stay visible to all who see it, so that only a fault can make it OFFLINE.
    if (deed < 0.5 || this.isPinned) return life.hide();
    life.changeGroups();
    if (deed < 0.7) return life.revoke();
    // The others of its sessions keep the groups of their tokens.
    const device = this.goAway();
    await device.turnOn(random.oneOf(nodes));
  }

  private goAway(): Device {
    const device = this.options.random.oneOf(this.devices.filter(({ canBeTold }) => canBeTold));
    this.departure = device.span;
    device.turnOff();
    device.attributes = new Map();
    this.wish = departed(this.wish, device.platform);
    if (!this.isThere) this.wish = left(this.wish, undefined);
    return device;
  }

  private get hasHiddenEnough(): boolean {
    return this.hiding !== undefined && Date.now() - this.hiding.from > MOST_HIDDEN_MS;
  }

  private async joinAny(): Promise<void> {
    // Users of the library are in one channel, and their statuses come from their devices: RESULTS.md says why.
    const { random } = this.options;
    await this.join(undefined, random.happens(0.6));
  }

  /** Undefined: a channel that the device may join. */
  private async join(channelId: string | undefined, keepOthers: boolean): Promise<void> {
    const { random, history, userId, channelsOf: allowed } = this.options;
    const wanted = new Map<Device, string>();
    const device = await this.say((by) => {
      const all = allowed(by);
      if (channelId !== undefined && !all.includes(channelId)) return undefined;
      const chosen = channelId ?? wanted.get(by) ?? random.oneOf(all);
      wanted.set(by, chosen);
      history.access.beginStay(userId, chosen);
      return { type: 'join', channelId: chosen, keepOthers };
    });
    if (device === undefined) return;
    const stay = { channelId: wanted.get(device)!, platform: device.platform };
    this.wish = joined(this.wish, stay, keepOthers);
  }

  private async leave(channelId: string | undefined): Promise<void> {
    if (await this.say({ type: 'leave', channelId })) this.wish = left(this.wish, channelId);
  }

  private async mute(): Promise<void> {
    const { random } = this.options;
    const microphone = { isMicrophoneMuted: random.happens(0.5) };
    const speaker = { isSpeakerMuted: random.happens(0.5) };
    const change: MuteChange = random.oneOf([microphone, speaker, { ...microphone, ...speaker }]);
    if (await this.say({ type: 'mute', change })) this.wish = { ...this.wish, ...change };
  }

  private async changeAttributes(): Promise<void> {
    const { random } = this.options;
    const [key, value] = [random.oneOf(['doc', 'mood']), String(random.between(1, 9))];
    const isRemoval = random.happens(0.3);
    const changesOn = (by: Device) => {
      const name = `${by.platform}.${key}`;
      return isRemoval
        ? { set: new Map<string, string>(), remove: [name] }
        : { set: new Map([[name, value]]), remove: [] };
    };
    const device = await this.say((by) => ({ type: 'attributes', ...changesOn(by) }));
    if (device === undefined) return;
    const { set, remove } = changesOn(device);
    this.wish = withAttributes(this.wish, device.platform, set, remove);
    device.attributes = this.wish.attributes.get(device.platform)!;
  }

  private async beModerated(): Promise<void> {
    // A moderator does not find a user who is INVISIBLE.
    if (this.hiding === undefined) this.wish = await moderated(this.wish, this.options);
  }

  private async choose(): Promise<void> {
    const { random, userId, history, backend } = this.options;
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
    if (!isHiding && this.hiding !== undefined) this.hiding.endAskedAt ??= Date.now();
    const statusText = random.oneOf(['', 'at work', 'back soon']);
    if (random.happens(0.3)) await backend.setStatus(userId, choice, statusText);
    else if (!(await this.say({ type: 'choose', choice, statusText }))) return;
    this.wish = { ...this.wish, choice, statusText };
    if (isHiding) return void (this.hiding!.acknowledgedAt ??= Date.now());
    if (this.hiding !== undefined) this.hiding.until = Date.now();
    this.hiding = undefined;
  }

  /**
   * Repeats a command until it is acknowledged. Returns the device that sent it last, or undefined if the user has left, or if
   * no device can give the command.
   */
  private async say(
    command: Command | ((by: Device) => Command | undefined),
  ): Promise<Device | undefined> {
    const { history, userId, random, isRestoredByDevices } = this.options;
    const record = history.beginCommand(userId);
    try {
      for (;;) {
        const able = this.devices.flatMap((device) => {
          if (!device.canBeTold) return [];
          const told = typeof command === 'function' ? command(device) : command;
          return told === undefined ? [] : [{ device, told }];
        });
        if (able.length > 0) {
          const { device, told } = isRestoredByDevices ? random.oneOf(able) : able[0]!;
          if (await device.tell(told)) {
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
