import { mutant, type AccessMutant } from './mutant.js';

const VISIBILITY = 'domain/visibility.ts';
const RULE = 'src/domain/visibility.spec.ts';
const VIEWERS = 'src/domain/viewers.spec.ts';
const HIDING = 'src/domain/hiding.spec.ts';
const WATCHED = 'domain/watched-channels.ts';
const WATCHED_SPEC = 'src/domain/watched-channels.spec.ts';
const INVISIBLE = 'test/e2e/invisible.e2e-spec.ts';

/** The rule of visibility with an error. */
export const ruleMutants: readonly AccessMutant[] = [
  mutant(
    'the rule ignores from whom users hide',
    VISIBILITY,
    'hiddenFrom.size === 0 ? undefined : hiddenFrom.get(viewer.userId)',
    'undefined',
    [VIEWERS, 'A user who hides from a viewer looks to this viewer exactly'],
  ),
  mutant(
    'the rule ignores groups',
    VISIBILITY,
    'if (own === undefined) return true;',
    'return true;',
    [RULE, 'A viewer with groups sees users who share one of them'],
  ),
  mutant(
    'the rule ignores channels',
    VISIBILITY,
    'viewer.mayWatch === undefined ? seen : withWatched(viewer.mayWatch, seen)',
    'seen',
    [RULE, 'A viewer who may watch only some channels sees only these'],
  ),
  mutant(
    'the rule names all other channels',
    VISIBILITY,
    'const others = watchedAmong(mayWatch, otherChannelIds);',
    'const others = otherChannelIds;',
    [RULE, 'A viewer who may watch only some channels sees only these'],
  ),
  mutant(
    'the rule names every current channel',
    VISIBILITY,
    'if (mayWatch(channelId))\n    return',
    'if (true)\n    return',
    [RULE, 'A viewer who may watch only some channels sees only these'],
  ),
  mutant(
    'a channel that is not watched makes users visible',
    VISIBILITY,
    'return watchedAmong(mayWatch, otherChannelIds).length > 0;',
    'return true;',
    [RULE, 'A viewer with groups sees users in channels that it may watch'],
  ),
  mutant(
    'a user who hides keeps a version in groups',
    VISIBILITY,
    'if (hiding?.presence !== undefined && viewer.groups !== undefined)',
    'if (false)',
    [
      HIDING,
      'A viewer who sees only users of its groups sees a user who hides from it as one who has never been seen',
    ],
  ),
  mutant(
    'users who are OFFLINE keep their groups',
    VISIBILITY,
    "if (shown.status === 'OFFLINE') return NO_GROUPS;",
    '',
    [RULE, 'A viewer with groups sees a user who goes OFFLINE'],
  ),
  mutant(
    'users see the own presence of others',
    VISIBILITY,
    'return viewer.userId === user.userId ? user.own : presenceSeenBy(viewer, viewedOf(user));',
    'return user.own;',
    [INVISIBLE, 'An invisible user'],
  ),
  mutant(
    'a list of channels is taken for the one before it',
    WATCHED,
    'known?.lists.get(channelIds);',
    'known?.latest[1];',
    [WATCHED_SPEC, 'The channels of a list that a viewer may watch are evaluated only for new'],
  ),
  mutant(
    'every channel of the list before counts as watched',
    WATCHED,
    'return isNextWatched();',
    'return isNextWatched() || true;',
    [WATCHED_SPEC, 'The channels of a list that a viewer may watch are evaluated only for new'],
  ),
  {
    name: 'viewers with other rights share the watched channels of a list',
    edits: [
      ['let remembered =', 'const ALL: MayWatch = () => true;\nlet remembered ='],
      ['const known = remembered.get(mayWatch)', 'const known = remembered.get(ALL)'],
      ['let known = remembered.get(mayWatch)', 'let known = remembered.get(ALL)'],
      ['remembered.set(mayWatch,', 'remembered.set(ALL,'],
    ].map(([find, replace]) => ({ file: WATCHED, find: find!, replace: replace! })),
    caughtBy: [
      WATCHED_SPEC,
      'The channels of a list that a viewer may watch are not shared by viewers with other rights',
    ],
  },
];
