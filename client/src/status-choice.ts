import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { StatusChoice } from './generated/presence/v1/presence_service_pb.js';

/**
 * The choice that decides a user's status: by activity, or fixed. Everyone else sees an `invisible` user as offline.
 */
export type ChosenStatus = 'automatic' | 'do-not-disturb' | 'away' | 'invisible';

export interface StatusWish {
  readonly choice: ChosenStatus;
  readonly text: string;
  /** The time at which choice and text expire. Undefined if they stay. */
  readonly until: Date | undefined;
}

export const CHOICES: Readonly<Record<ChosenStatus, StatusChoice>> = {
  automatic: StatusChoice.AUTOMATIC,
  'do-not-disturb': StatusChoice.DO_NOT_DISTURB,
  away: StatusChoice.AWAY,
  invisible: StatusChoice.INVISIBLE,
};

/** Converts the choice of the service. A choice that is newer than this library is treated as automatic. */
export function choiceOf(choice: StatusChoice): ChosenStatus {
  const known = Object.keys(CHOICES) as ChosenStatus[];
  return known.find((name) => CHOICES[name] === choice) ?? 'automatic';
}

export function statusRequest(sessionId: string, { choice, text, until }: StatusWish) {
  return {
    sessionId,
    choice: CHOICES[choice],
    statusText: text,
    ...(until && { expiresAt: timestampFromDate(until) }),
  };
}
