import { mutant, type AccessMutant } from './mutant.js';

const PRESENCE = 'presence/presence.service.ts';
const READS = 'test/e2e/access-reads.e2e-spec.ts';
const HIDDEN = 'test/e2e/hidden-from.e2e-spec.ts';
const BACKEND = 'test/e2e/backend-status.e2e-spec.ts';
const EXPLAIN = 'test/e2e/explanations.e2e-spec.ts';

/** Calls of `PresenceService` that do not obey the rule of visibility. */
export const presenceMutants: readonly AccessMutant[] = [
  mutant(
    'every channel can be joined',
    PRESENCE,
    "requireJoin(caller, channelId, 'channel_id');",
    '',
    [READS, 'With several customers in one deployment a channel of another customer is refused'],
  ),
  mutant(
    'every channel can be counted',
    PRESENCE,
    "requireWatch(caller, channelIds, 'channel_ids');",
    '',
    [READS, 'With several customers in one deployment a channel of another customer is refused'],
  ),
  mutant(
    'every group can be counted',
    PRESENCE,
    "requireGroups(caller, groupIds, 'group_ids');",
    '',
    [READS, 'With several customers in one deployment a group of another customer is refused'],
  ),
  mutant(
    'every group can be listed',
    PRESENCE,
    "if (groupId !== '') requireGroups(caller, [groupId], 'group_id');",
    '',
    [READS, 'With several customers in one deployment a group of another customer is refused'],
  ),
  mutant(
    'every channel can be listed',
    PRESENCE,
    "requireWatch(caller, [channelId], 'channel_id');",
    '',
    [READS, 'With several customers in one deployment a channel of another customer is refused'],
  ),
  mutant(
    'page tokens fit all rights',
    'presence/page-reader.ts',
    "const list = rights === '' ? name : `${name}\\n${rights}`;",
    'const list = rights === undefined ? name : name;',
    [READS, 'With several customers in one deployment a page token is valid'],
  ),
  mutant(
    'total_size has everyone',
    PRESENCE,
    'totalSize: view.countListed(wanted)',
    'totalSize: this.store.view.countListed(wanted)',
    [READS, 'With several customers in one deployment a list has'],
  ),
  mutant(
    'total_size of a group has everyone',
    PRESENCE,
    'sumOf(view.countsInGroup(groupId), wanted)',
    'sumOf(this.store.view.countsInGroup(groupId), wanted)',
    [HIDDEN, 'A user who hides from a viewer is in no list and no count of a group'],
  ),
  mutant(
    'total_size of a channel has everyone',
    PRESENCE,
    'totalSize: view.countMembers(channelId)',
    'totalSize: this.store.view.countMembers(channelId)',
    [HIDDEN, 'A user who hides from a viewer is to this viewer as one whose sessions have ended'],
  ),
  mutant(
    'the list has everyone',
    PRESENCE,
    'viewNow().listed(wanted, userId, slice)',
    'this.store.view.listed(wanted, userId, slice)',
    [READS, 'With several customers in one deployment a list has'],
  ),
  mutant(
    'the list of a group has everyone',
    PRESENCE,
    'viewNow().inGroup(groupId, userId, slice)',
    'this.store.view.inGroup(groupId, userId, slice)',
    [HIDDEN, 'A user who hides from a viewer is in no list and no count of a group'],
  ),
  mutant(
    'the list of a channel has everyone',
    PRESENCE,
    'this.store.view.for(caller.viewer).members(channelId, userId, slice)',
    'this.store.view.members(channelId, userId, slice)',
    [READS, 'In a community whose members see everyone, but not every channel no response names'],
  ),
  mutant(
    'the counts have everyone',
    PRESENCE,
    '[[undefined, (await this.viewOfAll(caller)).counts]]',
    '[[undefined, this.store.view.counts]]',
    [READS, 'With several customers in one deployment counts have'],
  ),
  mutant(
    'the counts of channels and groups have everyone',
    PRESENCE,
    '[scope, countsOf(view, scope)]',
    '[scope, countsOf(this.store.view, scope)]',
    [HIDDEN, 'A user who hides from a viewer is to this viewer as one whose sessions have ended'],
  ),
  mutant(
    'GetPresence uses the plain view',
    PRESENCE,
    'const view = this.store.view.for(caller.viewer);',
    'const view = this.store.view;',
    [
      READS,
      'With several customers in one deployment a user of another customer is a user who was never seen',
    ],
  ),
  mutant(
    'the answer to a backend status is the shown presence',
    PRESENCE,
    'return shownTo(caller.viewer, user);',
    'return user.shown;',
    [HIDDEN, 'A user who hides from a viewer is hidden from the reads of an admin'],
  ),
  mutant(
    'everyone can set the status of others',
    PRESENCE,
    'Promise<Presence> {\n    requireAdmin(caller);',
    'Promise<Presence> {',
    [BACKEND, 'A status that a backend sets needs an admin'],
  ),
  mutant(
    'everyone can hide others',
    PRESENCE,
    "if (userId !== caller.userId) requireAdmin(caller);\n    await this.commands.execute(userId, { type: 'hideFrom', userIds });",
    "await this.commands.execute(userId, { type: 'hideFrom', userIds });",
    [HIDDEN, 'A user who hides from a viewer keeps the list without a session'],
  ),
  mutant(
    'everyone reads the lists of hiding',
    PRESENCE,
    'if (userId !== caller.userId) requireAdmin(caller);\n    const { accessRules }',
    'const { accessRules }',
    [HIDDEN, 'A user who hides from a viewer keeps the list without a session'],
  ),
  mutant(
    'everyone can have a presence explained',
    PRESENCE,
    'Promise<User> {\n    requireAdmin(caller);',
    'Promise<User> {',
    [EXPLAIN, 'An explanation of a presence is for admins only'],
  ),
];
