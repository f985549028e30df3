import {
  changeAttributes,
  NO_SESSION_ATTRIBUTES,
  withoutExpired,
  type AttributeChanges,
} from './attributes.js';
import { chose } from './choice-versions.js';
import { recall, setStatusChoice } from './choices.js';
import { firstDue, idleTimeoutOf } from './deadlines.js';
import { handOver, joinChannel, keepGranted, leaveChannel } from './memberships.js';
import { hideFrom } from './hiding.js';
import {
  recordActivity,
  recordHeartbeat,
  endSession,
  endSessionsOnNode,
  endSilent,
  removeSession,
  replaceSession,
  requireLive,
  renameNode,
  type AppliedInput,
} from './session-transitions.js';
import type { Input } from './input.js';
import { moderate } from './moderation.js';
import type { Policy } from './policy.js';
import { RejectedError } from './rejected-error.js';
import { sharedGroups } from './shared-groups.js';
import { sharedText } from './shared-text.js';
import { sharedTerms } from './terms.js';
import { forgetRevocation, isRevoked, revokeTokens } from './token-revocation.js';
import {
  copySession,
  copyUser,
  liveSessions,
  NO_GROUPS,
  type Draft,
  type Session,
  type User,
} from './user.js';

/** Applies `input` to the facts. Throws a `RejectedError` if the input is not allowed. */
export function apply(user: User, input: Input, now: number, policy: Policy): AppliedInput {
  switch (input.type) {
    case 'connect':
      return { facts: connect(user, input, now, policy), cause: 'CONNECTED' };
    case 'disconnect':
      return endSession(user, input.sessionId, input.cause, now, policy);
    case 'heartbeat':
      return { facts: recordHeartbeat(user, input.sessionId, now, policy), cause: 'REQUESTED' };
    case 'silent':
      return endSilent(user, input.sessionId, input.heartbeatDueAt, now, policy);
    case 'activity': {
      const sessionId = input.sessionId ?? mostRecentlyActive(user).sessionId;
      return { facts: recordActivity(user, sessionId, now, policy), cause: 'ACTIVE' };
    }
    case 'joinChannel': {
      // The string of the session, not the equal one of the request, so that memory holds only one.
      const { sessionId } = requireLive(user, input.sessionId);
      const facts = recordActivity(user, sessionId, now, policy);
      const joined = { channelId: sharedText(input.channelId), sessionId };
      joinChannel(facts, joined, input.keepOthers, now);
      return { facts, cause: 'REQUESTED' };
    }
    case 'leaveChannel': {
      const facts = recordActivity(user, input.sessionId, now, policy);
      leaveChannel(facts, input.channelId, now);
      return { facts, cause: 'REQUESTED' };
    }
    case 'setMute': {
      const facts = recordActivity(user, input.sessionId, now, policy);
      mute(facts, input, now);
      return { facts, cause: 'REQUESTED' };
    }
    case 'setStatus':
      return {
        facts: setStatus(user, input, now, policy),
        cause: input.sessionId === undefined ? 'MODERATED' : 'REQUESTED',
      };
    case 'setAttributes':
      return { facts: setAttributes(user, input, now, policy), cause: 'REQUESTED' };
    case 'hideFrom':
      return {
        facts: hideFrom(user, input.userIds, now, idleTimeoutOf(user, policy)),
        cause: 'REQUESTED',
      };
    case 'revokeTokens':
      return revokeTokens(user, input.issuedBefore);
    case 'forgetRevocation':
      return forgetRevocation(user, input.issuedBefore);
    case 'moderateMute':
    case 'moveUser':
    case 'removeUser':
      return { facts: moderate(user, input, now), cause: 'MODERATED' };
    case 'nodeLost':
      return endSessionsOnNode(user, input.node, now, policy);
    case 'nodeRenamed':
      return { facts: renameNode(user, input.node, input.name), cause: 'REQUESTED' };
    case 'time':
      return applyDeadline(user, input, now, policy);
  }
  return input satisfies never;
}

type InputOf<Type extends Input['type']> = Extract<Input, { readonly type: Type }>;

function connect(user: User, input: InputOf<'connect'>, now: number, policy: Policy): User {
  // The connect is a retry: the caller could not know that the first attempt succeeded.
  if (user.sessions.some(({ sessionId }) => sessionId === input.sessionId)) return user;
  const { tokensValidFrom } = user.accessRules;
  if (isRevoked(input.token?.issuedAt, tokensValidFrom)) {
    throw new RejectedError('TOKEN_REVOKED', 'the token was revoked; connect again with a new one');
  }
  if (liveSessions(user).length >= policy.maxSessionsPerUser) {
    throw new RejectedError(
      'TOO_MANY_SESSIONS',
      `a user may have ${policy.maxSessionsPerUser} sessions at once; end one first`,
    );
  }
  const { previousSessionId } = input;
  const previous = user.sessions.find(({ sessionId }) => sessionId === previousSessionId);
  const session: Draft<Session> = {
    sessionId: input.sessionId,
    node: input.node,
    platform: sharedText(input.platform),
    connectedAt: now,
    lastActiveAt: now,
    heartbeatDueAt: input.requireHeartbeats ? now + policy.heartbeatTimeoutMs : undefined,
    tokenExpiresAt: input.tokenExpiresAt,
    graceEndsAt: undefined,
    lostBecause: undefined,
    terms: sharedTerms(policy),
    succeeds: previous?.graceEndsAt === undefined ? previous?.sessionId : previous.succeeds,
    attributes: NO_SESSION_ATTRIBUTES,
    groups: input.token ? sharedGroups(input.token.groups) : NO_GROUPS,
    tokenIssuedAt: input.token?.issuedAt,
    joinRights: input.token?.joinRights && sharedText(input.token.joinRights),
  };
  const facts = copyUser(
    evictLostSession(resumeLostSession(user, session, previousSessionId), policy),
  );
  if (input.attributes.size > 0) {
    const changes: AttributeChanges = {
      set: input.attributes,
      remove: [],
      expiresAt: undefined,
      field: 'attributes',
    };
    session.attributes = changeAttributes(facts.sessions, session, changes, now);
  }
  facts.sessions = [...facts.sessions, session];
  if (session.succeeds !== undefined) handOver(facts, session.succeeds, session.sessionId);
  if (input.remembered !== undefined)
    recall(facts, input.remembered, session.sessionId, now, input.wall ?? now);
  if (input.token?.mayJoin !== undefined)
    keepGranted(facts, session.sessionId, input.token.mayJoin);
  mute(facts, input, now);
  return facts;
}

/** Removes the oldest lost session if the user has the maximum number of sessions: live sessions have priority. */
function evictLostSession(user: User, policy: Policy): User {
  if (user.sessions.length < policy.maxSessionsPerUser) return user;
  const lost = user.sessions.find(({ graceEndsAt }) => graceEndsAt !== undefined);
  return lost === undefined ? user : removeSession(user, lost.sessionId);
}

/**
 * Replaces a lost session by the new session of its client, which takes over the channels. The client names its previous
 * session. A client that names none replaces the first lost session of its platform.
 */
function resumeLostSession(
  user: User,
  session: Session,
  previousSessionId: string | undefined,
): User {
  const lost = user.sessions.find(
    ({ graceEndsAt, platform, sessionId }) =>
      graceEndsAt !== undefined &&
      (previousSessionId === undefined
        ? platform === session.platform
        : sessionId === previousSessionId),
  );
  return lost === undefined ? user : removeSession(user, lost.sessionId, session.sessionId);
}

function mute(facts: Draft<User>, input: InputOf<'connect' | 'setMute'>, now: number): void {
  if (input.isMicrophoneMuted !== undefined) {
    facts.isMicrophoneMuted = input.isMicrophoneMuted;
    chose(facts, 'microphone', now);
  }
  if (input.isSpeakerMuted !== undefined) {
    facts.isSpeakerMuted = input.isSpeakerMuted;
    chose(facts, 'speaker', now);
  }
}

function mostRecentlyActive(user: User): Session {
  const [first, ...others] = liveSessions(user);
  if (first === undefined) {
    throw new RejectedError('USER_HAS_NO_SESSION', 'the user has no live session', 'user_id');
  }
  return others.reduce((a, b) => (b.lastActiveAt > a.lastActiveAt ? b : a), first);
}

function setStatus(user: User, input: InputOf<'setStatus'>, now: number, policy: Policy): User {
  const { sessionId } = input;
  const facts =
    sessionId === undefined ? copyUser(user) : recordActivity(user, sessionId, now, policy);
  if (input.expiresAt !== undefined && input.expiresAt <= (input.wall ?? now)) {
    throw new RejectedError('INVALID_FIELD', 'must be in the future', 'expires_at');
  }
  setStatusChoice(facts, input.choice, input.statusText, input.expiresAt, now);
  chose(facts, 'status', now);
  if (sessionId === undefined) chose(facts, 'moderation', now);
  return facts;
}

function applyDeadline(
  user: User,
  input: InputOf<'time'>,
  now: number,
  policy: Policy,
): AppliedInput {
  const { upTo = now, wall = now } = input;
  const due = firstDue(user, upTo, wall, policy);
  if (due === undefined) return { facts: user, cause: 'REQUESTED' };
  switch (due.type) {
    case 'idle':
    case 'looksIdle':
      // Idleness is not a stored fact: the status is computed from the last activity. The new object triggers that.
      return { facts: copyUser(user), cause: 'IDLE' };
    case 'attributeExpired':
      return { facts: expireAttributes(user, due.at), cause: 'ATTRIBUTE_EXPIRED' };
    case 'choiceExpired':
      return { facts: expireChoice(user, now), cause: 'STATUS_EXPIRED' };
    case 'tokenExpired':
      return endSession(user, due.sessionId, 'TOKEN_EXPIRED', now, policy);
    case 'graceEnded':
      return { facts: removeSession(user, due.sessionId), cause: due.lostBecause };
  }
  return due satisfies never;
}

function setAttributes(
  user: User,
  { sessionId, changes, isPassive }: InputOf<'setAttributes'>,
  now: number,
  policy: Policy,
): User {
  const facts = isPassive
    ? recordHeartbeat(user, sessionId, now, policy)
    : recordActivity(user, sessionId, now, policy);
  const session = copySession(requireLive(facts, sessionId));
  session.attributes = changeAttributes(facts.sessions, session, changes, now);
  return replaceSession(facts, session);
}

function expireAttributes(user: User, at: number): User {
  const facts = copyUser(user);
  facts.sessions = user.sessions.map((session) => {
    const attributes = withoutExpired(session.attributes, at);
    if (attributes === session.attributes) return session;
    const changed = copySession(session);
    changed.attributes = attributes;
    return changed;
  });
  return facts;
}

function expireChoice(user: User, now: number): User {
  // The expiry is not a command, so the choice version stays the same.
  const facts = copyUser(user);
  setStatusChoice(facts, 'AUTOMATIC', '', undefined, now);
  return facts;
}
