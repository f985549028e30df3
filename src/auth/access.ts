import { createHash } from 'node:crypto';
import type { Config } from '../config/config.js';
import { unrestrictedViewer } from '../domain/viewer.js';
import { ChannelPatterns } from './channel-patterns.js';
import type { Grants } from './grants.js';
import type { Principal } from './principal.js';

/** The access of tokens whose claims and settings restrict nothing. */
export const UNRESTRICTED: Config['access'] = { visibility: 'everyone', channelAccess: 'any' };

/** Returns the channels that a token may join, and what its user may see, by its grants and the settings. */
export function accessOf(
  userId: string,
  { groups, join, watch, moderate }: Grants,
  { visibility, channelAccess }: Config['access'],
): Pick<Principal, 'mayJoin' | 'joinRights' | 'viewer'> {
  const seesEveryone = visibility === 'everyone';
  const hasEveryChannel = channelAccess === 'any' && join === undefined && watch === undefined;
  if (hasEveryChannel && seesEveryone) {
    return { mayJoin: undefined, joinRights: undefined, viewer: unrestrictedViewer(userId) };
  }
  const joined = hasEveryChannel ? undefined : patternsOf([join, moderate]);
  const watched = hasEveryChannel ? undefined : patternsOf([watch, join, moderate]);
  return {
    mayJoin: matcherOf(joined),
    joinRights: joined && digestOf(undefined, joined),
    viewer: {
      userId,
      groups: seesEveryone ? undefined : new Set(groups),
      mayWatch: matcherOf(watched),
      rights: seesEveryone && !watched ? '' : digestOf(seesEveryone ? undefined : groups, watched),
    },
  };
}

/** Returns the channels of several lists. Undefined: every channel. */
function patternsOf(lists: readonly (ChannelPatterns | undefined)[]): ChannelPatterns | undefined {
  const all = ChannelPatterns.union(lists.filter((list) => list !== undefined));
  return all.matchesAll ? undefined : all;
}

function matcherOf(
  patterns: ChannelPatterns | undefined,
): ((channelId: string) => boolean) | undefined {
  return patterns && ((channelId) => patterns.matches(channelId));
}

/** Equal rights have an equal digest on every node and after a restart. */
function digestOf(
  groups: readonly string[] | undefined,
  channels: ChannelPatterns | undefined,
): string {
  const rights = JSON.stringify([groups ?? null, channels?.patterns ?? null]);
  return createHash('sha256').update(rights).digest('base64url').slice(0, 22);
}
