import type { Presence, Status } from '../domain/presence.js';
import { RejectedError } from '../domain/rejected-error.js';
import type { SealingKeys } from '../sealed-tokens/sealing-keys.js';
import { TokenSealer } from '../sealed-tokens/token-sealer.js';
import type { PresenceList, Slice } from '../store/presence-reader.js';
import { TimeSlice } from '../timers/time-slice.js';
import { approximateBytes, MAX_PAGE_BYTES } from './page-bytes.js';

const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1000;

export interface PageRequest {
  readonly pageSize: number;
  readonly pageToken: string;
}

export interface Page {
  readonly presences: readonly Presence[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/** A list that is read in pages. */
export interface Listing {
  /** Lists the presences after a user. The list is valid until the next commit. */
  readonly after: (userId: string | undefined, slice: Slice) => PresenceList;
  /** The statuses of the users who are in the list. Undefined: any status. */
  readonly statuses?: readonly Status[];
  readonly totalSize: number;
}

/** Reads pages of lists, and issues the tokens of their next pages. */
export class PageReader {
  private readonly tokens: TokenSealer;

  constructor(keys: SealingKeys) {
    this.tokens = new TokenSealer(keys, 'page');
  }

  /**
   * Returns a page of a list. A page token is valid only for its own list and for callers with the same rights: with
   * another list it would silently skip users.
   */
  async read(
    rights: string,
    name: string,
    request: PageRequest,
    { after, statuses, totalSize }: Listing,
  ): Promise<Page> {
    const { pageToken } = request;
    // No id contains a control character.
    const list = rights === '' ? name : `${name}\n${rights}`;
    const size = sizeOf(request);
    const presences: Presence[] = [];
    let bytes = 0;
    const from = pageToken === '' ? undefined : this.openToken(list, pageToken);
    const slice = new TimeSlice();
    // The first slices of many large pages in one iteration of the event loop would form one long slice.
    if (size > DEFAULT_PAGE_SIZE) await slice.next();
    let rest = after(from, slice);
    let next = rest.next();
    while (!next.done || next.value !== undefined) {
      if (next.done) {
        await slice.next();
        rest = after(next.value, slice);
      } else if (statuses === undefined || statuses.includes(next.value.status)) {
        if (presences.length === size || bytes >= MAX_PAGE_BYTES) break;
        presences.push(next.value);
        bytes += approximateBytes(next.value);
      }
      next = rest.next();
    }
    const last = next.done ? undefined : presences.at(-1);
    return {
      presences,
      nextPageToken: last === undefined ? '' : this.tokens.seal(Buffer.from(last.userId), list),
      totalSize,
    };
  }

  /** Returns the id of the user after which the page begins. */
  private openToken(list: string, pageToken: string): string {
    const lastUserId = this.tokens.open(pageToken, list);
    if (lastUserId === undefined) {
      throw new RejectedError(
        'INVALID_FIELD',
        'is not a next_page_token of this list; begin again with the first page',
        'page_token',
      );
    }
    return lastUserId.toString();
  }
}

/** Returns the maximum number of presences on a page. */
export function sizeOf({ pageSize }: PageRequest): number {
  return Math.min(pageSize || DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE);
}
