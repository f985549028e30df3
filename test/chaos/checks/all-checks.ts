import type { Evidence } from '../evidence.js';
import type { Check } from './check.js';
import { convergence } from './convergence.js';
import { everyEvent } from './every-event.js';
import { fencing } from './fencing.js';
import { givenUp } from './given-up.js';
import { keptSessions } from './kept-sessions.js';
import { lastCommandWins } from './last-command-wins.js';
import { lostNode } from './lost-node.js';
import { noFalseOffline } from './no-false-offline.js';
import { noGhosts } from './no-ghosts.js';
import { noLeaks } from './no-leaks.js';
import { picture } from './picture.js';
import { prompt } from './prompt.js';
import { revokedTokens } from './revoked-tokens.js';
import { served } from './served.js';
import { silence } from './silence.js';
import { stillness } from './stillness.js';
import { viewersAgree } from './viewers-agree.js';
import { webhookContent } from './webhook-content.js';
import { webhookEvents, webhookGaps } from './webhook-events.js';
import { webhookOrder, webhookTurns } from './webhook-order.js';
import { webhookRepeats } from './webhook-repeats.js';

export const allChecks: readonly Check[] = [
  served,
  convergence,
  noGhosts,
  noFalseOffline,
  keptSessions,
  lastCommandWins,
  stillness,
  givenUp,
  silence,
  picture,
  everyEvent,
  prompt,
  lostNode,
  fencing,
  noLeaks,
  viewersAgree,
  revokedTokens,
  webhookEvents,
  webhookGaps,
  webhookOrder,
  webhookTurns,
  webhookRepeats,
  webhookContent,
];

/** Returns the violations of each check by its name. */
export function judge(evidence: Evidence): ReadonlyMap<string, readonly string[]> {
  return new Map(allChecks.map((check) => [check.name, check.violations(evidence)]));
}
