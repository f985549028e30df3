import type { Session } from '#client';
import type { Target } from '../options/target.js';
import type { TokenSigner } from '#server/auth/token-signer.js';
import { Device, waitUntilReady } from '../runtime/device.js';

/** The number of sessions that connect at the same time. */
const TOGETHER = 50;

/** A callback for each status text that a client receives. The text identifies the change that set it. */
export type OnText = (text: string) => void;

/** One client of the load: a device and its session. */
interface Member {
  readonly device: Device;
  readonly session: Session;
}

/** Many clients, each with its own connection and session. Each session joins a channel and watches it. */
export class LoadClients {
  readonly members: Member[] = [];
  /** A random prefix that keeps concurrent runs separate. */
  private readonly name = `bench-${Math.random().toString(36).slice(2, 8)}`;

  constructor(
    private readonly target: Target,
    private readonly signer: TokenSigner,
    private readonly channelSize: number,
    private readonly onText: OnText,
  ) {}

  /** Connects `size` sessions. Calls `onArrival` with the number of sessions so far. */
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
