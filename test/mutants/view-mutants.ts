import { mutant, type AccessMutant } from './mutant.js';

const VIEW = 'store/viewer-view.ts';
const VIEW_SPEC = 'src/store/presence-view.spec.ts';
const READS = 'test/e2e/access-reads.e2e-spec.ts';
const HIDDEN = 'test/e2e/hidden-from.e2e-spec.ts';
const VISIBLE = 'src/store/visible-users.spec.ts';

/** Lists, counts and presences that do not obey the rule of visibility. */
export const viewMutants: readonly AccessMutant[] = [
  mutant(
    'a presence is the shown one',
    VIEW,
    'return viewed ? presenceSeenBy(this.viewer, viewed) : unknownPresence(userId);',
    'return viewed ? viewed.shown : unknownPresence(userId);',
    [
      READS,
      'With several customers in one deployment a user of another customer is a user who was never seen',
    ],
  ),
  mutant(
    'lists have the shown presences',
    VIEW,
    'const seen = viewed && presenceSeenBy(this.viewer, viewed);',
    'const seen = viewed?.shown;',
    [READS, 'In a community whose members see everyone, but not every channel no response names'],
  ),
  mutant(
    'the status filter uses the shown status',
    VIEW,
    '({ status }) => statuses.includes(status)',
    '(_, { shown }) => statuses.includes(shown.status)',
    [VIEW_SPEC, 'PresenceView lists, counts and pages'],
  ),
  mutant(
    'members are those of the shown channels',
    VIEW,
    'return (seen) => seen.channelId === channelId || seen.otherChannelIds.includes(channelId);',
    'return (_, { shown }) => channelIdsOf(shown).includes(channelId);',
    [VIEW_SPEC, 'PresenceView lists, counts and pages'],
  ),
  mutant(
    'counts have everyone',
    VIEW,
    'if (this.viewer.groups === undefined) return despiteHiding',
    'if (true) return despiteHiding',
    [READS, 'With several customers in one deployment counts have'],
  ),
  mutant(
    'counts have those who hide',
    VIEW,
    "if (unhidden.status === 'OFFLINE') continue;",
    'continue;',
    [HIDDEN, 'A user who hides from a viewer is to this viewer as one whose sessions have ended'],
  ),
  mutant(
    'counts of channels are open',
    VIEW,
    'if (mayWatch !== undefined && !mayWatch(channelId)) return this.count(users, isIn(channelId));',
    '',
    [VIEW_SPEC, 'PresenceView lists, counts and pages'],
  ),
  mutant(
    'counts of groups are open',
    VIEW,
    'if (groups !== undefined && !groups.has(groupId)) return this.count(users, EVERYONE);',
    '',
    [VIEW_SPEC, 'PresenceView lists, counts and pages'],
  ),
  mutant(
    'lists lack users with another status to the viewer',
    VIEW,
    'lists.push(this.index.hidingFrom(this.viewer.userId).after(after));',
    '',
    [VIEW_SPEC, 'PresenceView lists, counts and pages'],
  ),
  mutant(
    'hiding does not concern viewers of everyone',
    'store/presence-view.ts',
    "viewer.rights === '' && this.index.hidingFrom(viewer.userId).size === 0",
    "viewer.rights === ''",
    [HIDDEN, 'A user who hides from a viewer is to this viewer as one whose sessions have ended'],
  ),
  mutant(
    'every viewer reads the plain view',
    'store/presence-view.ts',
    "viewer.rights === '' && this.index.hidingFrom(viewer.userId).size === 0",
    'true',
    [READS, 'With several customers in one deployment a list has'],
  ),
  mutant(
    'the users whom viewers see are shared by all rights',
    'store/visible-users.ts',
    'const kept = this.kept.get(rights);',
    'const kept = this.kept.get(rights) ?? [...this.kept.values()][0];',
    [VISIBLE, 'The users whom a viewer sees in a large service are right at any time'],
  ),
  mutant(
    'the users whom viewers see are not kept up to date',
    'store/visible-users.ts',
    'else kept.users.update(before, after);',
    '',
    [VISIBLE, 'The users whom a viewer sees in a large service are right at any time'],
  ),
];
