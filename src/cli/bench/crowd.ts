import type { Session } from '#client';
import { waitUntilReady } from '../begun.js';
import { Device } from '../device.js';
import type { Target } from '../target.js';
import type { TokenSigner } from '../tokens.js';

/** How many come at once. */
const TOGETHER = 50;

/** What one of a crowd was told: that a user says something, which was set by a change. */
export type OnText = (text: string) => void;

/** One of a crowd: a session, and a picture of the channel that it is in. */
interface Member {
  readonly device: Device;
  readonly session: Session;
}

/** Sessions that are each in a channel and watch it, on a connection of their own. */
export class LoadClients {
  readonly members: Member[] = [];
  /** Tells runs apart that are made at the same time. */
  private readonly name = `bench-${Math.random().toString(36).slice(2, 8)}`;

  constructor(
    private readonly target: Target,
    private readonly signer: TokenSigner,
    private readonly channelSize: number,
    private readonly onText: OnText,
  ) {}

  /** Brings so many online. `onArrival` is told how many there are. */
  async gather(
    size: number,
    signal: AbortSignal,
    onArrival: (count: number) => void,
  ): Promise<void> {
    for (let from = 0; from < size; from += TOGETHER) {
      signal.throwIfAborted();
      const count = Math.min(TOGETHER, size - from);
      await Promise.all(Array.from({ length: count }, (_, i) => this.add(from + i)));
      onArrival(this.members.length);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map(({ device }) => device.close()));
  }

  private async add(number: number): Promise<void> {
    const userId = `${this.name}-${number}`;
    const channelId = `${this.name}-${Math.floor(number / this.channelSize)}`;
    const device = new Device(this.target, () => this.signer.sign({ userId }));
    const session = device.client.connect({ platform: 'bench' });
    this.members.push({ device, session });
    await waitUntilReady(session.state);
    await session.joinChannel(channelId);
    const channel = device.client.watch({ channels: [channelId] });
    channel.subscribe(({ current, previous }) => {
      if (current !== undefined && current.statusText !== (previous?.statusText ?? '')) {
        this.onText(current.statusText);
      }
    });
    await waitUntilReady(channel.state);
  }
}
