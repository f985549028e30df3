/** The user who views presences, with the rights that the token and the settings give. */
export interface Viewer {
  readonly userId: string;
  /**
   * The groups of the viewer: it sees the users who share one of them, and the users in channels that it may watch.
   * Undefined: it sees every user.
   */
  readonly groups: ReadonlySet<string> | undefined;
  /** Returns whether the viewer may watch a channel. Undefined: it may watch every channel. */
  readonly mayWatch: ((channelId: string) => boolean) | undefined;
  /**
   * Identifies `groups` and `mayWatch`: viewers with equal rights see the same, except of themselves and of users who hide from
   * them. Empty: the viewer sees every user and every channel.
   */
  readonly rights: string;
}

/** Returns a viewer who sees every user and every channel. */
export function unrestrictedViewer(userId: string): Viewer {
  return { userId, groups: undefined, mayWatch: undefined, rights: '' };
}
