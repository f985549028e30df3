import type { Attributes } from './attributes.js';
import type { Presence } from './presence.js';

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
