import type { SubscriptionFilter } from './subscription-stream.js';

/** Why a batch has a snapshot. */
export type ResetReason =
  /** `load` returned no position. */
  | 'first-start'
  /** The position belongs to another choice of users, channels, groups or kinds. */
  | 'filter-changed'
  /** The service can no longer continue from the position, or the token has other rights than before. */
  | 'position-lost';

/** The start of a consumer: a resume token, or the reason why it has none. */
export type Start =
  | { readonly resumeToken: string; readonly reason?: undefined }
  | { readonly resumeToken: ''; readonly reason: ResetReason };

const FORMAT = /^1[.]([0-9a-f]{16})[.](.+)$/s;

/**
 * Converts between resume tokens and positions. A position also identifies the filter: with another filter, the events
 * after it would lack the users whom only the new filter selects.
 */
export class Positions {
  private readonly filter: string;

  constructor(filter: SubscriptionFilter) {
    this.filter = digestOf(filter);
  }

  positionOf(resumeToken: string): string {
    return `1.${this.filter}.${resumeToken}`;
  }

  /** Returns how to start from a position that was saved. Empty: none was saved. */
  startAt(position: string): Start {
    if (position === '') return { resumeToken: '', reason: 'first-start' };
    const [, filter, resumeToken = ''] = FORMAT.exec(position) ?? [];
    if (resumeToken === '') return { resumeToken: '', reason: 'position-lost' };
    if (filter !== this.filter) return { resumeToken: '', reason: 'filter-changed' };
    return { resumeToken };
  }
}

/** Returns a digest of a filter (FNV-1a, 64 bits). It does not depend on the order of the lists. */
function digestOf({ userIds, channelIds, groupIds, kinds }: SubscriptionFilter): string {
  const lists = [userIds, channelIds, groupIds, kinds.map(String)].map((list) =>
    [...new Set(list)].sort(),
  );
  let digest = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(JSON.stringify(lists))) {
    digest = BigInt.asUintN(64, (digest ^ BigInt(byte)) * 0x100000001b3n);
  }
  return digest.toString(16).padStart(16, '0');
}
