import { agoInWords, clockTime, inWords, spanInWords } from './time-in-words.js';
import { nameOf, type Status, type User } from './user.js';

/** The fields of an explanation that the dashboard needs. The `Explanation` of the client library has them. */
export interface Explanation {
  readonly shown: User;
  readonly own: User;
  readonly cause: 'no-session' | 'chosen' | 'active' | 'inactive' | 'unknown';
  readonly choice: string;
  readonly choiceExpiresAt: Date | undefined;
  readonly sessions: readonly ExplainedSession[];
  readonly next: Transition | undefined;
  readonly idleTimeoutMs: number;
  /** The time of the explanation. All its times are by the clock of the service. */
  readonly explainedAt: Date | undefined;
}

export interface ExplainedSession {
  readonly sessionId: string;
  readonly platform: string;
  readonly connectedAt: Date | undefined;
  readonly lastActiveAt: Date | undefined;
  readonly nodeId: string;
  readonly holdsChannel: boolean;
  readonly heartbeatDueAt: Date | undefined;
  readonly tokenExpiresAt: Date | undefined;
  readonly graceEndsAt: Date | undefined;
}

export interface Transition {
  readonly at: Date | undefined;
  readonly kind: string;
  readonly sessionId: string | undefined;
  readonly shown: { readonly status: Status };
}

/** Explains a user's status in plain sentences. */
export function explanationInWords(explanation: Explanation, now: number): string[] {
  return [
    `${upper(explanation.own.status)}: ${reason(explanation, now)}`,
    ...whatOthersSee(explanation),
    next(explanation.next, now),
  ];
}

function reason(explanation: Explanation, now: number): string {
  const { cause, own, choiceExpiresAt, idleTimeoutMs } = explanation;
  const timeout = spanInWords(idleTimeoutMs);
  switch (cause) {
    case 'no-session':
      return own.lastActiveAt === undefined
        ? 'there is no session, and no action is known.'
        : `there is no session. The last action was ${agoInWords(own.lastActiveAt, now)}.`;
    case 'chosen': {
      const until = choiceExpiresAt === undefined ? '' : `, until ${clockTime(choiceExpiresAt)}`;
      return `the user chose it${until}.`;
    }
    case 'active':
      return `the last action was ${lastAction(explanation, now)}; idle begins after ${timeout} without one.`;
    case 'inactive':
      return `the last action was ${lastAction(explanation, now)}; idle begins after ${timeout}.`;
    case 'unknown':
      return 'for a reason that this dashboard does not know.';
  }
}

/** Describes the time of the last activity, and its device if there is a session. */
function lastAction({ own, sessions }: Explanation, now: number): string {
  const timeOf = ({ lastActiveAt }: ExplainedSession): number => lastActiveAt?.getTime() ?? 0;
  const latest = [...sessions].sort((a, b) => timeOf(b) - timeOf(a))[0];
  const on = latest === undefined ? '' : ` on ${latest.platform}`;
  return `${agoInWords(own.lastActiveAt ?? latest?.lastActiveAt, now)}${on}`;
}

function whatOthersSee({ own, shown, choice }: Explanation): string[] {
  if (choice === 'invisible') {
    return [`Everyone else sees ${upper(shown.status)}: the user chose to be invisible.`];
  }
  return own.status === shown.status ? [] : [`Everyone else sees ${upper(shown.status)}.`];
}

function next(transition: Transition | undefined, now: number): string {
  if (transition === undefined) return 'Next: nothing, unless somebody does something.';
  const { at, kind, shown } = transition;
  const when = at === undefined ? '' : `, at ${clockTime(at)}`;
  const what = TRANSITIONS[kind] ?? 'something happens that this dashboard does not know';
  return `Next: ${inWords(at, now)}${when}, ${what}. Then everyone sees ${upper(shown.status)}.`;
}

const TRANSITIONS: Readonly<Partial<Record<string, string>>> = {
  idle: 'the idle timeout passes',
  'choice-expired': 'the chosen status lapses',
  'token-expired': 'a token expires and its session ends',
  'heartbeat-missed': 'a session is lost, unless a heartbeat arrives',
  'grace-ended': 'a lost session is given up',
};

/** Writes a status in capitals like the contract, so that it is not read as a word of the sentence. */
function upper(status: Status): string {
  return nameOf(status).toUpperCase();
}

/** Describes when and why a session ends. Undefined if it stays. */
export function endInWords(session: ExplainedSession, now: number): string | undefined {
  const { graceEndsAt, heartbeatDueAt, tokenExpiresAt } = session;
  if (graceEndsAt !== undefined) return `lost, given up ${inWords(graceEndsAt, now)}`;
  if (heartbeatDueAt !== undefined) return `heartbeat due ${inWords(heartbeatDueAt, now)}`;
  if (tokenExpiresAt !== undefined) return `token expires ${inWords(tokenExpiresAt, now)}`;
  return undefined;
}
