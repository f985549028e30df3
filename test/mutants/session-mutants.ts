import { mutant, type AccessMutant } from './mutant.js';

const SESSION = 'session/session.service.ts';
const RULE = 'src/domain/visibility.spec.ts';
const READS = 'test/e2e/access-reads.e2e-spec.ts';
const HIDDEN = 'test/e2e/hidden-from.e2e-spec.ts';
const REVOCATION = 'test/e2e/token-revocation.e2e-spec.ts';
const BAD_INPUT = 'test/e2e/bad-input.e2e-spec.ts';
const MODERATION_RULE = 'src/domain/moderation.spec.ts';
const SESSION_GRANTS = 'test/e2e/session-grants.e2e-spec.ts';
const SESSIONS = 'test/e2e/sessions.e2e-spec.ts';

/** Calls about sessions and of moderators that do not obey the rule of visibility. */
export const sessionMutants: readonly AccessMutant[] = [
  mutant(
    'watch-only tokens begin sessions',
    SESSION,
    'if (caller.isWatchOnly) throw watchOnly();',
    '',
    [READS, 'With several customers in one deployment a token that may only watch'],
  ),
  mutant(
    'everyone can record the activity of others',
    SESSION,
    'Promise<Presence> {\n    requireAdmin(caller);',
    'Promise<Presence> {',
    [BAD_INPUT, 'A bad request of ListSessions, RecordActivity or EndSession'],
  ),
  mutant(
    'the answer to an activity is the shown presence',
    SESSION,
    'return shownTo(caller.viewer, user);',
    'return user.shown;',
    [HIDDEN, 'A user who hides from a viewer is hidden from the reads of an admin'],
  ),
  mutant(
    'everyone lists the sessions of others',
    SESSION,
    'if (userId !== caller.userId) requireAdmin(caller);\n    return this.store.get({ userId });',
    'return this.store.get({ userId });',
    [SESSIONS, 'Sessions ListSessions shows another user'],
  ),
  mutant(
    'EndSession tells of the sessions of everyone',
    SESSION,
    ': await this.commands.visibleOwnerOf(caller.viewer, sessionId);',
    ': (await this.store.get({ sessionId }))?.userId;',
    [READS, 'With several customers in one deployment a session of another customer'],
  ),
  mutant(
    'everyone can revoke tokens',
    SESSION,
    'Promise<number> {\n    requireAdmin(caller);',
    'Promise<number> {',
    [REVOCATION, 'RevokeTokens needs the scope'],
  ),
  mutant(
    'errors tell of the sessions of everyone',
    'commands/command-executor.ts',
    "if (this.store.view.for(viewer).presence(owner).status !== 'OFFLINE') return owner;",
    'if (true) return owner;',
    [READS, 'With several customers in one deployment a session of another customer'],
  ),
  mutant(
    'errors of moderators use the shown presence',
    'domain/moderation.ts',
    'if (moderates !== undefined || viewer.userId === user.userId) return shownTo(viewer, user);',
    '',
    [READS, 'With several customers in one deployment a moderator gets the same error'],
  ),
  mutant(
    'errors of moderators ask for the right first',
    'domain/moderation.ts',
    'const seen = seenBy(moderator, user);',
    'const seen = seenBy(moderator, user);\n  requireRight(moderator, (moderates) => channelIdsOf(user.shown).some(moderates));',
    [MODERATION_RULE, 'A moderator without the scope of an admin gets the same error about a user'],
  ),
  mutant(
    'the answer to a moderator is the shown presence',
    'moderation/moderation.service.ts',
    'return shownTo(caller.viewer, user);',
    'return user.shown;',
    [
      READS,
      'In a community whose members see everyone, but not every channel the answer to a moderator',
    ],
  ),
  mutant(
    'remembered channels are joined without grants',
    'domain/apply.ts',
    'if (input.token?.mayJoin !== undefined)',
    'if (false)',
    [RULE, 'A session joins only the remembered channels'],
  ),
  mutant(
    'channels go to a session with other grants',
    'domain/session-transitions.ts',
    'next?.joinRights === undefined || next.joinRights === gone?.joinRights',
    'true',
    [SESSION_GRANTS, 'The channels of a session do not go to a session whose token grants less'],
  ),
];
