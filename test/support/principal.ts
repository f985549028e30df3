import { ChannelPatterns } from '../../src/auth/channel-patterns.js';
import type { Principal } from '../../src/auth/principal.js';
import { unrestrictedViewer } from '../../src/domain/viewer.js';

/** Returns the principal of a token without grants, except for the given properties. */
export function principalOf(userId: string, properties: Partial<Principal> = {}): Principal {
  return {
    userId,
    isAdmin: false,
    moderate: ChannelPatterns.NONE,
    groups: [],
    mayJoin: undefined,
    joinRights: undefined,
    isWatchOnly: false,
    viewer: unrestrictedViewer(userId),
    issuedAt: undefined,
    expiresAt: undefined,
    ...properties,
  };
}
