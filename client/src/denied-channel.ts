import { Broadcast, conflated } from './observable.js';
import { PresenceError } from './presence-error.js';

/** A channel that a session had joined, and could not join again because its new token does not grant the channel. */
export interface DeniedChannel {
  readonly channelId: string;
  /** `permission-denied` with the reason `CHANNEL_NOT_GRANTED`. */
  readonly error: PresenceError;
}

/** The channels that a session lost with a new token, each once. */
export class DeniedChannels extends Broadcast<DeniedChannel> {
  report(channelId: string): void {
    const message = 'the new token does not grant a channel that the session had joined';
    const error = new PresenceError('permission-denied', message, {
      reason: 'CHANNEL_NOT_GRANTED',
    });
    this.emit({ channelId, error });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<DeniedChannel, void, void> {
    return conflated<DeniedChannel>(
      this,
      ({ channelId }) => channelId,
      (_, later) => later,
    );
  }
}
