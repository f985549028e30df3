import type { ChosenStatus } from '@presence-service/client';
import { describe, it } from 'vitest';
import fc, { runs } from '../../test/support/seeded-fast-check.js';
import { ConnectionDrainer } from '../../src/lifecycle/connection-drainer.js';
import { eventually } from '../../test/support/eventually.js';
import { Service } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { Device } from './support/device.js';
import { PROTOCOLS, type Protocol } from './support/protocols.js';

const RUNS = runs(12);

/** An action on, or by, one of two devices of a user. */
type Deed =
  | { readonly type: 'status'; readonly choice: ChosenStatus; readonly text: string }
  | { readonly type: 'microphone' | 'speaker'; readonly isMuted: boolean }
  | { readonly type: 'join'; readonly channelId: string }
  | { readonly type: 'leave' | 'lose' | 'return' | 'restart' | 'move' | 'forget' };

interface Step {
  readonly device: 0 | 1;
  readonly deed: Deed;
}

const commands: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({
    type: fc.constant('status' as const),
    choice: fc.constantFrom<ChosenStatus>('automatic', 'away', 'do-not-disturb', 'invisible'),
    text: fc.constantFrom('', 'busy'),
  }),
  fc.record({ type: fc.constantFrom('microphone', 'speaker'), isMuted: fc.boolean() }),
  fc.record({ type: fc.constant('join' as const), channelId: fc.constantFrom('lobby', 'attic') }),
  fc.constant<Deed>({ type: 'leave' }),
);

const happenings: fc.Arbitrary<Deed> = fc
  .constantFrom('lose', 'lose', 'return', 'restart', 'move', 'forget')
  .map((type) => ({ type }));

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    device: fc.constantFrom<0 | 1>(0, 1),
    deed: fc.oneof({ weight: 3, arbitrary: commands }, { weight: 2, arbitrary: happenings }),
  }),
  { minLength: 8, maxLength: 20 },
);

/** The last acknowledged commands, and the device that holds the channel. */
interface Model {
  choice: ChosenStatus;
  text: string;
  microphone: boolean;
  speaker: boolean;
  channelId: string | undefined;
  holder: 0 | 1 | undefined;
}

/** A service with two devices of a user. Both reconnect to it after every failure. */
class World {
  private readonly isAway: [boolean, boolean] = [false, false];
  private readonly model: Model = {
    choice: 'automatic',
    text: '',
    microphone: false,
    speaker: false,
    channelId: undefined,
    holder: undefined,
  };

  private constructor(
    private readonly protocol: Protocol,
    private service: Service,
    private readonly devices: readonly [Device, Device],
  ) {}

  static async start(protocol: Protocol, settings: Readonly<Record<string, string>>) {
    const service = await Service.start({ ...protocol.settings, ...settings });
    const desktop = await Device.start(service, protocol, 'ann', { platform: 'desktop' });
    const phone = await Device.start(service, protocol, 'ann', { platform: 'mobile' });
    return new World(protocol, service, [desktop, phone]);
  }

  async take({ device, deed }: Step): Promise<void> {
    // Time stands still otherwise, and a service that lost the first of two commands could not distinguish them.
    await this.service.passTime(2);
    await this.happen(device, deed);
    if (!this.isAway.includes(true)) await this.check();
  }

  async bothReturn(): Promise<void> {
    for (const device of [0, 1] as const) await this.happen(device, { type: 'return' });
    await this.check();
  }

  async stop(): Promise<void> {
    for (const device of this.devices) device.close();
    await this.service.stop();
  }

  private async happen(nth: 0 | 1, deed: Deed): Promise<void> {
    const device = this.devices[nth];
    const { model } = this;
    const { session } = device;
    if (deed.type === 'forget') return this.forget(nth);
    if (deed.type === 'return') {
      if (this.isAway[nth]) await device.return();
      return void (this.isAway[nth] = false);
    }
    if (this.isAway[nth]) return;
    switch (deed.type) {
      case 'status':
        await session.setStatus(deed.choice, { text: deed.text });
        return void Object.assign(model, { choice: deed.choice, text: deed.text });
      case 'microphone':
      case 'speaker':
        await session.mute({ [deed.type]: deed.isMuted });
        return void (model[deed.type] = deed.isMuted);
      case 'join':
        await session.joinChannel(deed.channelId);
        return void Object.assign(model, { channelId: deed.channelId, holder: nth });
      case 'leave':
        await session.leaveChannel();
        return void Object.assign(model, { channelId: undefined, holder: undefined });
      case 'lose':
        await device.lose();
        return void (this.isAway[nth] = true);
      case 'restart':
        await device.restart();
        if (model.holder === nth) Object.assign(model, { channelId: undefined, holder: undefined });
        return;
      case 'move':
        return this.move();
    }
  }

  /** Asks all sessions to move, as a draining node does, and waits until they have moved. */
  private async move(): Promise<void> {
    const online = this.devices.filter((_, nth) => !this.isAway[nth]);
    const before = online.map(({ session }) => session.sessionId);
    for (const drain of this.service.all(ConnectionDrainer)) {
      // The node announces the drain but does not stop, because that would make the other device wait.
      const { streams } = drain as unknown as {
        readonly streams: Iterable<{ announceDrain?(reconnectAfterMs: number): void }>;
      };
      for (const stream of streams) stream.announceDrain?.(0);
    }
    await eventually(() => online.every(({ session }, i) => session.sessionId !== before[i]), true);
  }

  /** Breaks all connections and replaces the service by another one that has no stored state. */
  private async forget(first: 0 | 1): Promise<void> {
    for (const nth of [0, 1] as const) await this.happen(nth, { type: 'lose' });
    const { clock } = this.service;
    await this.service.stop();
    this.service = await Service.start(this.protocol.settings, { clock });
    for (const device of this.devices) device.find(this.service);
    for (const nth of [first, first === 0 ? 1 : 0] as const)
      await this.happen(nth, { type: 'return' });
  }

  private async check(): Promise<void> {
    const { choice, text, microphone, speaker, channelId } = this.model;
    const clients = new Clients(this.protocol);
    const look = async () => {
      const own = await clients.of(this.service, 'ann').get('ann');
      const shown = await clients.of(this.service, 'bob').get('ann');
      return [
        shown.status,
        own.statusText,
        own.isMicrophoneMuted,
        own.isSpeakerMuted,
        own.channelId,
      ].join();
    };
    const status = { automatic: 'online', invisible: 'offline' }[choice as string] ?? choice;
    // The end of a closed session becomes visible with a delay.
    await eventually(look, [status, text, microphone, speaker, channelId].join());
    clients.close();
  }
}

describe.each(PROTOCOLS)('Two devices of a user, with clients over $name', (protocol) => {
  it('leave the user with the last acknowledged choice after any faults, moves and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom('0', '3000'), async (all, RECONNECT_GRACE_MS) => {
        const world = await World.start(protocol, { RECONNECT_GRACE_MS });
        try {
          for (const step of all) await world.take(step);
          await world.bothReturn();
        } finally {
          await world.stop();
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});
