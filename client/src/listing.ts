import { checkId, checkList, checkName, checkOptions, checkWholeNumber } from './arguments.js';
import type { Attributes } from './attributes.js';
import type { CallExecutor, RequestOptions } from './call-executor.js';
import type { Presence as PresenceMessage } from './generated/presence/v1/presence_pb.js';
import { presenceOf, STATUS_VALUES, type Presence, type Status } from './presence.js';

export interface ListOptions extends RequestOptions {
  /** The number of users in one page. Default: 100. Maximum: 1000. */
  readonly pageSize?: number;
}

export interface OnlineOptions extends ListOptions {
  /** The statuses of the users to list. Default: all except offline. */
  readonly statuses?: readonly Exclude<Status, 'offline'>[];
  /** Only the users of this group. Fails with `GROUP_NOT_GRANTED` unless the token has the group. Default: all users. */
  readonly group?: string;
}

/** One page of a list. */
export interface Page<A = Attributes> {
  readonly presences: readonly Presence<A>[];
  /** The number of matching users on all pages. */
  readonly totalSize: number;
}

/** A list that is fetched page by page while it is read. Iterate over it, or over its `pages()`. */
export class Listing<A = Attributes> implements AsyncIterable<Presence<A>> {
  /** @private Use the lists of a client. */
  constructor(
    private readonly fetch: (
      pageToken: string,
    ) => Promise<{ readonly page: Page<A>; readonly nextPageToken: string }>,
  ) {}

  async *pages(): AsyncGenerator<Page<A>, void, void> {
    let pageToken = '';
    do {
      const { page, nextPageToken } = await this.fetch(pageToken);
      yield page;
      pageToken = nextPageToken;
    } while (pageToken !== '');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Presence<A>, void, void> {
    for await (const { presences } of this.pages()) yield* presences;
  }
}

export function listOnline<A>(caller: CallExecutor, options: OnlineOptions): Listing<A> {
  const { statuses = [], group, pageSize } = checkedList(options);
  checkList(statuses, 'statuses', 100, (status, name) => checkName(status, name, STATUS_VALUES));
  if (group !== undefined) checkId(group, 'group');
  const request = {
    pageSize,
    statuses: statuses.map((status) => STATUS_VALUES[status]),
    groupId: group ?? '',
  };
  return list((pageToken) =>
    caller.call(
      ({ presences }, call) => presences.listOnlineUsers({ ...request, pageToken }, call),
      options,
    ),
  );
}

export function listMembers<A>(
  caller: CallExecutor,
  channelId: string,
  options: ListOptions,
): Listing<A> {
  checkId(channelId, 'channelId');
  const { pageSize } = checkedList(options);
  return list((pageToken) =>
    caller.call(
      ({ presences }, call) =>
        presences.listChannelMembers({ channelId, pageSize, pageToken }, call),
      options,
    ),
  );
}

function list<A>(
  fetch: (pageToken: string) => Promise<{
    readonly presences: PresenceMessage[];
    readonly totalSize: number;
    readonly nextPageToken: string;
  }>,
): Listing<A> {
  return new Listing<A>(async (pageToken) => {
    const { presences, totalSize, nextPageToken } = await fetch(pageToken);
    return {
      page: { presences: presences.map((each) => presenceOf<A>(each)), totalSize },
      nextPageToken,
    };
  });
}

function checkedList<T extends ListOptions>(options: T): T & { readonly pageSize: number } {
  checkOptions(options);
  const { pageSize = 0 } = options;
  checkWholeNumber(pageSize, 'pageSize');
  return { ...options, pageSize };
}
