import { PresenceStatus } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { Answers, Evidence, Expected } from '../evidence.js';
import { attributesInWords, channelsInWords, look, muteInWords } from '../in-words.js';
import { CONVERGED_WITHIN_MS } from '../timings.js';
import type { Check } from './check.js';

export const convergence: Check = {
  name: 'convergence',
  promise:
    'I3: when no command is running, all nodes list and return the same presences, which are those that the clients received',
  violations: (evidence) => {
    const { agreedAfterMs, graceMs } = evidence;
    const differences = differencesOf(evidence);
    if (differences.length > 0 || agreedAfterMs === undefined) return differences;
    const bound = CONVERGED_WITHIN_MS + graceMs;
    return agreedAfterMs > bound ? [`took ${agreedAfterMs} ms, not ${bound}`] : [];
  },
};

/** Returns the differences between the nodes and the expected state, and among the nodes. */
export function differencesOf({
  answers,
  expected,
  promises,
}: Pick<Evidence, 'answers' | 'expected' | 'promises'>): readonly string[] {
  const [first, ...others] = answers;
  const mayBeIdle = promises.mayBeIdle ?? false;
  return [
    ...answers.flatMap((answer) => [...againstTruth(answer, expected, mayBeIdle)]),
    ...others.flatMap((other) => [...againstEachOther(first!, other)]),
  ];
}

function* againstTruth(
  { node, online, members, presences }: Answers,
  expected: readonly Expected[],
  mayBeIdle: boolean,
): Generator<string> {
  const listed = new Map(online.map((presence) => [presence.userId, presence]));
  const got = new Map(presences.map((presence) => [presence.userId, presence]));
  for (const user of expected) {
    const inList = listed.get(user.userId);
    const presence = got.get(user.userId);
    if (look(inList ?? presence) !== look(presence)) {
      yield `${node} lists ${user.userId} as ${look(inList)} and returns ${look(presence)}`;
    }
    if (!user.isShown) {
      if (inList !== undefined) yield `${node} lists ${user.userId}, who is not to be seen`;
      continue;
    }
    const is = presence === undefined ? 'nothing' : visible(presence, mayBeIdle);
    if (inList === undefined) yield `${node} does not list ${user.userId}`;
    if (is !== visibleAs(user)) {
      yield `${node} returns ${user.userId} as ${is}, not ${visibleAs(user)}`;
    }
  }
  if (online.length !== listed.size) yield `${node} lists somebody twice`;
  yield* membersAgainstTruth(node, members, expected);
}

function* membersAgainstTruth(
  node: string,
  members: Answers['members'],
  expected: readonly Expected[],
): Generator<string> {
  for (const [channelId, userIds] of members) {
    const due = expected
      .filter((user) => user.isShown && user.channelIds.includes(channelId))
      .map(({ userId }) => userId)
      .sort();
    if (due.join() !== userIds.join()) {
      const missing = due.filter((userId) => !userIds.includes(userId));
      const surplus = userIds.filter((userId) => !due.includes(userId));
      yield `${node} lists the members of ${channelId} without ${missing.join()} and with ${surplus.join()}`;
    }
  }
}

function* againstEachOther(a: Answers, b: Answers): Generator<string> {
  for (const [i, presence] of a.presences.entries()) {
    const other = b.presences[i];
    if (presence.version !== other?.version || look(presence) !== look(other)) {
      yield `${a.node} has ${presence.userId} as ${presence.version} ${look(presence)}, ${b.node} as ${other?.version} ${look(other)}`;
    }
  }
}

/** A presence in words. With `mayBeIdle`, a user who is IDLE counts as ONLINE. */
export function visible(presence: Answers['presences'][number], mayBeIdle: boolean): string {
  const shown = PresenceStatus[presence.status].replace('PRESENCE_STATUS_', '');
  const status = mayBeIdle && shown === 'IDLE' ? 'ONLINE' : shown;
  return inWords({ ...presence, status });
}

/** The same of what was acknowledged. */
export function visibleAs(user: Expected): string {
  return inWords({ ...user, currentChannelId: user.channelId });
}

function inWords(
  presence: Parameters<typeof muteInWords>[0] &
    Parameters<typeof channelsInWords>[0] &
    Parameters<typeof attributesInWords>[0] & {
      readonly status: string;
      readonly statusText: string;
      readonly platforms: readonly string[];
    },
): string {
  const { status, statusText, platforms } = presence;
  return `${status} "${statusText}" in ${channelsInWords(presence)}, ${muteInWords(presence)}, ${attributesInWords(presence)}on ${platforms.join('+')}`;
}
