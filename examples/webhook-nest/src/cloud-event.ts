/** An event of the service, in the format of CloudEvents 1.0. */
export interface CloudEvent {
  /** The same whenever the event is sent again. */
  readonly id: string;
  /** `presence.v1.user_online` and so on, or `presence.v1.gap`. */
  readonly type: string;
  /** The user id. A gap event has none. */
  readonly subject?: string;
  readonly time: string;
  readonly data: {
    readonly presence?: { readonly status: string };
    /** The end of the time in which events are missing, in a gap event. */
    readonly to?: string;
  };
}
