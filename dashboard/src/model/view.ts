import { EVENT_TOPICS, type FeedFilter } from './feed.js';
import { SORT_KEYS, type Sort } from './user-order.js';
import type { UserFilter } from './user-table.js';
import { STATUSES } from './user.js';

export const TABS = ['Channels', 'Events', 'Audit'] as const;
export type Tab = (typeof TABS)[number];

/** The choices of the person at the dashboard: the open user and channels, and the filters. A link can hold them. */
export interface View {
  /** The user whose panel is open. */
  readonly userId: string | undefined;
  readonly users: UserFilter;
  readonly sort: Sort;
  readonly tab: Tab;
  readonly openChannels: ReadonlySet<string>;
  readonly events: FeedFilter;
}

/** Reads the view of a link, which is the part of an address after the #. Ignores unknown names and values. */
export function readView(fragment: string): View {
  const link = new URLSearchParams(fragment);
  const statuses = new Set(link.get('status')?.split(','));
  const openChannels = new Set(link.getAll('channel').filter((channelId) => channelId !== ''));
  return {
    userId: link.get('user')?.trim() || undefined,
    users: {
      text: link.get('search') ?? '',
      statuses: new Set(STATUSES.filter((status) => statuses.has(status))),
    },
    sort: sortOf(link.get('sort') ?? ''),
    tab: TABS.find((tab) => nameIn(link, tab)) ?? firstTab(openChannels),
    openChannels,
    events: {
      text: link.get('events') ?? '',
      topic: EVENT_TOPICS.find((topic) => topic === link.get('kind')),
    },
  };
}

/** Writes the link to a view. Empty for the view that the page has at the start. */
export function writeView({ userId, users, sort, tab, openChannels, events }: View): string {
  const link = new URLSearchParams();
  const add = (name: string, value: string): void => {
    if (value !== '') link.append(name, value);
  };
  add('user', userId ?? '');
  add('search', users.text);
  add('status', STATUSES.filter((status) => users.statuses.has(status)).join());
  if (sort.key !== 'user' || sort.isDescending)
    add('sort', `${sort.isDescending ? '-' : ''}${sort.key}`);
  for (const channelId of openChannels) add('channel', channelId);
  if (tab !== firstTab(openChannels)) add('tab', tab.toLowerCase());
  add('events', events.text);
  add('kind', events.topic ?? '');
  return link.toString();
}

/** A link to a channel shows the channels, without more words. */
function firstTab(openChannels: ReadonlySet<string>): Tab {
  return openChannels.size > 0 ? 'Channels' : 'Events';
}

function nameIn(link: URLSearchParams, tab: Tab): boolean {
  return link.get('tab') === tab.toLowerCase();
}

function sortOf(written: string): Sort {
  const isDescending = written.startsWith('-');
  const key = SORT_KEYS.find((name) => name === written.slice(isDescending ? 1 : 0));
  return key === undefined ? { key: 'user', isDescending: false } : { key, isDescending };
}
