import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { StatusChoice } from './generated/presence/v1/presence_service_pb.js';
import { nameOf, valuesByName } from './presence.js';

/** The name of each choice. The compiler reports a choice of the contract that is missing here. */
const CHOICE_NAMES = {
  [StatusChoice.AUTOMATIC]: 'automatic',
  [StatusChoice.DO_NOT_DISTURB]: 'do-not-disturb',
  [StatusChoice.AWAY]: 'away',
  [StatusChoice.INVISIBLE]: 'invisible',
} as const satisfies Record<Exclude<StatusChoice, StatusChoice.UNSPECIFIED>, string>;

/**
 * The choice that decides a user's status: by activity, or fixed. Everyone else sees an `invisible` user as offline.
 */
export type ChosenStatus = (typeof CHOICE_NAMES)[keyof typeof CHOICE_NAMES];

export interface StatusWish {
  readonly choice: ChosenStatus;
  readonly text: string;
  /** The time at which choice and text expire. Undefined if they stay. */
  readonly until: Date | undefined;
}

export const CHOICES = valuesByName<ChosenStatus, StatusChoice>(CHOICE_NAMES);

/** Converts the choice of the service. A choice that is newer than this library is treated as automatic. */
export function choiceOf(choice: StatusChoice): ChosenStatus {
  return nameOf<ChosenStatus>(CHOICE_NAMES, choice) ?? 'automatic';
}

export function statusRequest(sessionId: string, { choice, text, until }: StatusWish) {
  return {
    sessionId,
    choice: CHOICES[choice],
    statusText: text,
    ...(until && { expiresAt: timestampFromDate(until) }),
  };
}
