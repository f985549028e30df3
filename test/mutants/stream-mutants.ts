import { mutant, type AccessMutant } from './mutant.js';

const REVOKED = 'src/revocation/store-token-revocations.spec.ts';
const REVOCATION = 'test/e2e/token-revocation.e2e-spec.ts';
const RESTRICTED = 'src/events/restricted-viewers.spec.ts';
const STREAM_HIDING = 'src/events/hiding.spec.ts';
const STREAMS = 'src/events/viewers.spec.ts';
const SNAPSHOT = 'src/events/interrupted-snapshot.spec.ts';
const RESUME = 'src/events/restricted-resume.spec.ts';
const COUNTS = 'src/events/count-feed.spec.ts';
const EVENTS = 'test/e2e/access-events.e2e-spec.ts';

/** Streams that do not obey the rule of visibility. */
export const streamMutants: readonly AccessMutant[] = [
  mutant(
    'restricted readers receive the plain events',
    'event-log/cursor.ts',
    'return this.needsFacts || concernsHiding(facts, viewer.userId) ? facts : undefined;',
    'return concernsHiding(facts, viewer.userId) ? facts : undefined;',
    [RESTRICTED, 'A viewer who may watch a channel'],
  ),
  mutant(
    'those from whom a user hides receive the plain events',
    'event-log/cursor.ts',
    'return this.needsFacts || concernsHiding(facts, viewer.userId) ? facts : undefined;',
    'return this.needsFacts ? facts : undefined;',
    [STREAM_HIDING, 'A user who hides'],
  ),
  mutant(
    'rights need no facts',
    'event-log/filter.ts',
    "return viewer.rights !== '' || filter.groupIds.size > 0;",
    'return filter.groupIds.size > 0;',
    [RESTRICTED, 'A viewer who may watch a channel'],
  ),
  mutant(
    'views are shared by readers with other rights',
    'event-log/commit-views.ts',
    'byRights.get(viewer.rights)',
    'byRights.values().next().value',
    [STREAMS, 'A subscriber receives exactly'],
  ),
  mutant(
    'views of those from whom users hide are shared',
    'event-log/commit-views.ts',
    'viewer.userId === userId || concernsHiding(facts, viewer.userId)',
    'viewer.userId === userId',
    [STREAMS, 'A subscriber receives exactly'],
  ),
  mutant(
    'all views have the same bytes',
    'event-log/commit-views.ts',
    'const view = keyOf(events);',
    'const view = keyOf([]);',
    [STREAMS, 'A subscriber receives exactly'],
  ),
  mutant(
    'views are those before the commit',
    'event-log/commit-views.ts',
    'const to = presenceSeenBy(viewer, after);\n    const followed',
    'const to = after.shown;\n    const followed',
    [STREAMS, 'A subscriber receives exactly'],
  ),
  mutant(
    'a filter on groups follows everyone',
    'event-log/commit-views.ts',
    'return { before: isOf(from, before), after: isOf(to, after) };',
    'return FOLLOWED;',
    [RESTRICTED, 'A filter on groups'],
  ),
  mutant(
    'a filter on groups follows users who are not seen',
    'event-log/commit-views.ts',
    "seen.status !== 'OFFLINE' && groups.some",
    'groups.some',
    [STREAMS, 'A subscriber receives exactly'],
  ),
  mutant(
    'readers with a filter receive the events of everyone',
    'event-log/commit-views.ts',
    'return this.entriesOf(viewer, facts).filter((entry) => matches(filter, entry));',
    'return this.entriesOf(viewer, facts);',
    [STREAMS, 'A subscriber receives exactly'],
  ),
  mutant(
    'kinds are not filtered for restricted readers',
    'event-log/commit-views.ts',
    'return this.derive(viewer, facts, filter).filter((entry) => hasKind(filter, entry));',
    'return this.derive(viewer, facts, filter);',
    [STREAMS, 'A subscriber receives exactly'],
  ),
  mutant(
    'a batch goes to those from whom a user hides',
    'event-log/batch-cache.ts',
    'if (slice.hiddenFrom.has(viewerId)) return undefined;',
    '',
    [STREAM_HIDING, 'A user who hides'],
  ),
  mutant(
    'silent commits are not recorded',
    'event-log/commit-facts.ts',
    'return events.length === 0 && (before === undefined || changesViewers(before, user));',
    'return false;',
    [STREAM_HIDING, 'A user who hides'],
  ),
  mutant(
    'facts are kept for restricted settings only',
    'event-log/commit-facts.ts',
    'return hidden === 0 ? undefined : viewedChange(commit);',
    'return undefined;',
    [STREAM_HIDING, 'A user who hides'],
  ),
  mutant(
    'snapshots have everyone',
    'events/snapshot.ts',
    'let reader = view.for(viewer);',
    'let reader: PresenceReader = view;',
    [RESTRICTED, 'A viewer with groups receives a snapshot'],
  ),
  mutant(
    'snapshots have everyone after a pause',
    'events/snapshot.ts',
    'yield;\n    reader = view.for(viewer);',
    'yield;\n    reader = view;',
    [SNAPSHOT, 'A snapshot that takes several slices of the event loop has all users'],
  ),
  mutant(
    'snapshots have users who hid before the last slice',
    'events/snapshot.ts',
    'for (const userId of changed) read(userId);',
    '',
    [SNAPSHOT, 'A snapshot that takes several slices of the event loop has all users'],
  ),
  mutant(
    'a snapshot does not notice who changes meanwhile',
    'store/presence-view.ts',
    'for (const changed of this.followers) changed.add(after.shown.userId);',
    '',
    [SNAPSHOT, 'A snapshot that takes several slices of the event loop has all users'],
  ),
  mutant(
    'users who changed meanwhile are in every snapshot',
    'events/snapshot.ts',
    'return matches ? presence : undefined;',
    'return presence;',
    [SNAPSHOT, 'A snapshot that takes several slices of the event loop has all users'],
  ),
  {
    name: 'a snapshot tells again what happened while it was taken',
    edits: [
      [
        'const use = (snapshot: Snapshot)',
        'const { head } = this.log;\n    const use = (snapshot: Snapshot)',
      ],
      ['this.cursor(interest, this.log.head)', 'this.cursor(interest, head)'],
    ].map(([find, replace]) => ({
      file: 'events/initial-state.ts',
      find: find!,
      replace: replace!,
    })),
    caughtBy: [SNAPSHOT, 'A snapshot that takes several slices of the event loop has all users'],
  },
  mutant(
    'a resumed stream has those who are not seen now',
    'events/initial-state.ts',
    'if (interest.viewer.groups === undefined) return undefined;',
    'if (interest) return undefined;',
    [RESUME, 'A restricted viewer that resumes receives only the end'],
  ),
  mutant(
    'a resumed stream tells the end of everyone',
    'event-log/catch-up.ts',
    'return this.views.entriesFor(this.interest, { ...lastEnd, before: from });',
    'return this.views.entriesFor(this.interest, lastEnd);',
    [RESUME, 'A restricted viewer that resumes receives only the end'],
  ),
  mutant(
    'resume tokens fit all rights',
    'event-log/resume-token.ts',
    'if (end < 0 || bytes.readUInt32BE(end) !== rights) return undefined;',
    '',
    [RESUME, 'A restricted viewer that resumes is reset with a token of other rights'],
  ),
  mutant(
    'a resume does not need the state before commits',
    'event-log/catch-up.ts',
    'if (needsFacts(interest)) return start >= log.allFactsSince;',
    'if (needsFacts(interest)) return true;',
    [RESUME, 'A restricted viewer that resumes is reset'],
  ),
  mutant(
    'a resume does not need the state before the hiding',
    'event-log/catch-up.ts',
    'if (facts.after.hiddenFrom.has(interest.viewer.userId)) return false;',
    '',
    [RESUME, 'A restricted viewer that resumes is reset'],
  ),
  mutant(
    'every channel and group can be followed',
    'events/events.service.ts',
    'requireGrants(caller, options.filter);',
    '',
    [
      EVENTS,
      'With several customers in one deployment channels and groups that the token does not grant',
    ],
  ),
  mutant(
    'the counts of every channel and group can be followed',
    'events/events.service.ts',
    'requireGrants(caller, named);',
    '',
    [
      EVENTS,
      'With several customers in one deployment channels and groups that the token does not grant',
    ],
  ),
  mutant(
    'every channel can be followed',
    'events/events.service.ts',
    "requireWatch(caller, named.channelIds, 'channel_ids');",
    '',
    [
      EVENTS,
      'With several customers in one deployment channels and groups that the token does not grant',
    ],
  ),
  mutant(
    'every group can be followed',
    'events/events.service.ts',
    "requireGroups(caller, named.groupIds, 'group_ids');",
    '',
    [
      EVENTS,
      'With several customers in one deployment channels and groups that the token does not grant',
    ],
  ),
  mutant(
    'a revoked token begins a subscription',
    'events/events.service.ts',
    'messages.add(this.revocations.watch(caller, outlet));\n      this.begin',
    'this.begin',
    [REVOKED, 'A subscription whose token is revoked'],
  ),
  mutant(
    'counts outlive the revocation of their token',
    'events/events.service.ts',
    'messages.add(this.revocations.watch(caller, outlet));\n      const subscription',
    'const subscription',
    [REVOCATION, 'RevokeTokens ends the subscriptions'],
  ),
  mutant(
    'streams of counts have everyone',
    'events/counted-scopes.ts',
    'if (scope !== undefined || groups === undefined) return EVERYONE;',
    'if (scope !== undefined || groups !== viewer) return EVERYONE;',
    [COUNTS, 'The counts of a stream are those'],
  ),
  mutant(
    'streams of counts have those who hide',
    'events/counted-scopes.ts',
    'if (this.view.for(unrestrictedViewer(userId)) !== this.view) return viewer;',
    '',
    [COUNTS, 'The counts of a stream are those'],
  ),
  mutant(
    'shared counts show users who hide until the next flush',
    'events/count-subscription.ts',
    'if (this.isHeld || this.pending.size',
    'if (this.pending.size',
    [COUNTS, 'The counts of a stream show nothing of a user who hides while'],
  ),
  mutant(
    'shared counts that a user who hides has changed cause a message',
    'events/count-subscription.ts',
    'if (!this.isHeld) this.pending.add(scope);',
    'if (this.pending) this.pending.add(scope);',
    [COUNTS, 'The counts of a stream show nothing of a user who hides, also'],
  ),
  mutant(
    'counts stay shared after a user hides',
    'events/count-feed.ts',
    'for (const viewerId of hiddenViewers(change)) this.markMoved(viewerId);',
    '',
    [COUNTS, 'The counts of a stream'],
  ),
];
