import type { Attributes } from './attributes.js';
import type { RequestOptions } from './call-executor.js';

export interface SessionOptions<A = Attributes> {
  /**
   * The platform of the program: "desktop", "mobile", "web" or another short word of lower-case letters, digits and
   * dashes.
   */
  readonly platform?: string;
  /** The state of the microphone, set only when the session starts for the first time. Default: unchanged. */
  readonly microphoneMuted?: boolean;
  /** The state of the speaker, set only when the session starts for the first time. Default: unchanged. */
  readonly speakerMuted?: boolean;
  /**
   * The attributes of the session at the start. The library sets the current attributes again after every reconnect.
   */
  readonly attributes?: Readonly<A>;
  /**
   * Whether the service ends the session if it receives nothing from this program within its heartbeat timeout. Use it
   * behind proxies that hide a lost connection. The library sends the heartbeats.
   */
  readonly requireHeartbeats?: boolean;
  /** Closes the session. */
  readonly signal?: AbortSignal;
}

export interface JoinOptions extends RequestOptions {
  /**
   * Whether the user stays in the channels that were joined before. Default: the user leaves all other channels, on all
   * devices.
   */
  readonly keepOthers?: boolean;
}
