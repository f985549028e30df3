import { status } from '@grpc/grpc-js';
import type { CallStream, End } from './channel.js';

/** Reads a server stream message by message. It awaits each message and never sleeps. */
export class StreamReader<Message> {
  /** The status with which the stream ended. OK has code 0. */
  readonly ended: Promise<End>;
  private readonly arrived: Message[] = [];
  private wake: () => void = () => {};
  private hasEnded = false;

  constructor(private readonly call: CallStream<Message>) {
    call.on('data', (message: Message) => {
      this.arrived.push(message);
      this.wake();
    });
    // The status contains the same information as the error.
    call.on('error', () => {});
    this.ended = new Promise((resolve) => {
      call.on('status', (end) => {
        this.hasEnded = true;
        this.wake();
        resolve(end);
      });
    });
  }

  /** The next message. Fails if the stream ends first. */
  async next(): Promise<Message> {
    while (this.arrived.length === 0) {
      if (this.hasEnded) {
        const { code, details } = await this.ended;
        throw new Error(`the stream ended with ${status[code]}: ${details}`);
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return this.arrived.shift()!;
  }

  /** Skips to the first message that passes. */
  async until(passes: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const message = await this.next();
      if (passes(message)) return message;
    }
  }

  /** Returns the messages that arrived and were not read yet. */
  takeArrived(): Message[] {
    return this.arrived.splice(0);
  }

  /** Cancels the stream. */
  cancel(): void {
    this.call.cancel();
  }

  /** Stops reading. The server cannot send more once the flow-control windows are full. */
  pause(): void {
    this.call.pause();
  }

  resume(): void {
    this.call.resume();
  }
}
