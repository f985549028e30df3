import { mutant, type AccessMutant } from './mutant.js';

const VIEW = 'store/viewer-view.ts';
const VIEW_SPEC = 'src/store/presence-view.spec.ts';
const READS = 'test/e2e/access-reads.e2e-spec.ts';
const HIDDEN = 'test/e2e/hidden-from.e2e-spec.ts';

/** Lists, counts and presences that do not obey the rule of visibility. */
export const viewMutants: readonly AccessMutant[] = [
  mutant(
    'a presence is the shown one',
    VIEW,
    'return viewed ? publicPresenceTo(this.viewer, viewed) : unknownPresence(userId);',
    'return viewed ? viewed.shown : unknownPresence(userId);',
    [
      READS,
      'With several customers in one deployment a user of another customer is a user who was never seen',
    ],
  ),
  mutant(
    'lists have the shown presences',
    VIEW,
    'const seen = publicPresenceTo(this.viewer, viewed);\n      if',
    'const seen = viewed.shown;\n      if',
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
    'return (seen) => channelIdsOf(seen).includes(channelId);',
    'return (_, { shown }) => channelIdsOf(shown).includes(channelId);',
    [VIEW_SPEC, 'PresenceView lists, counts and pages'],
  ),
  mutant('counts have everyone', VIEW, 'if (sources === undefined) return', 'if (true) return', [
    READS,
    'With several customers in one deployment counts have',
  ]),
  mutant(
    'counts have those who hide',
    VIEW,
    "if (unhidden.status === 'OFFLINE' || !passes(unhidden, viewed)) continue;",
    'continue;',
    [HIDDEN, 'A user who hides from a viewer is to this viewer as one whose sessions have ended'],
  ),
  mutant(
    'counts of channels are open',
    VIEW,
    'mayWatch === undefined || mayWatch(channelId);\n    return',
    'true;\n    return',
    [VIEW_SPEC, 'PresenceView lists, counts and pages'],
  ),
  mutant('counts of groups are open', VIEW, 'groups === undefined || groups.has(groupId)', 'true', [
    VIEW_SPEC,
    'PresenceView lists, counts and pages',
  ]),
  mutant(
    'lists lack users with another status to the viewer',
    VIEW,
    'lists.push(this.special(sources === undefined ? [] : [this.viewer.userId], after));',
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
];
