import type { PresenceEvent } from '../../src/domain/event.js';
import type { Policy } from '../../src/domain/policy.js';
import { step } from '../../src/domain/step.js';
import type { User } from '../../src/domain/user.js';
import { unrestrictedViewer, type Viewer } from '../../src/domain/viewer.js';
import { eventsFor, viewedOf } from '../../src/domain/visibility.js';
import { POLICY, type Line } from './play.js';

/** Returns a viewer who sees users of its groups and in channels that it may watch. */
export function restrictedViewer(
  userId: string,
  {
    groups,
    channels,
  }: {
    readonly groups?: readonly string[] | undefined;
    readonly channels?: readonly string[] | undefined;
  },
): Viewer {
  return {
    userId,
    groups: groups && new Set(groups),
    mayWatch: channels && ((channelId) => channels.includes(channelId)),
    rights: `${groups?.join() ?? '*'} ${channels?.join() ?? '*'}`,
  };
}

/** Sees the users in the lobby. */
export const GUEST = restrictedViewer('guest', { groups: [], channels: ['lobby'] });

/** Sees the users of acme. */
export const MEMBER = restrictedViewer('member', { groups: ['acme'], channels: [] });

/** Returns the events that a viewer receives, in short form: time, event and reason. */
export function receivedBy(
  viewer: Viewer | string,
  user: User,
  lines: readonly Line[],
  policy: Policy = POLICY,
): readonly string[] {
  const told: PresenceEvent[] = [];
  const reader = typeof viewer === 'string' ? unrestrictedViewer(viewer) : viewer;
  for (const [at, input] of lines) {
    const { user: after, occurredAt, cause } = step(user, input, at, policy);
    told.push(...eventsFor(reader, viewedOf(user), viewedOf(after), occurredAt, cause));
    user = after;
  }
  return told.map(({ occurredAt, change, reason }) => `${occurredAt} ${change.kind} ${reason}`);
}
