import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { checkDate, checkName, checkObject, checkText } from './arguments.js';
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

export interface StatusDetails {
  /** The text beside the status, at most 128 characters. Default: none. */
  readonly text?: string;
  /**
   * The time at which status and text expire and the status becomes automatic again. Default: they stay until changed.
   */
  readonly until?: Date;
}

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

/** Checks the arguments of a program and copies them, because the caller could change the Date while a call waits. */
export function checkedStatus(choice: ChosenStatus, details: StatusDetails): StatusWish {
  checkName(choice, 'choice', CHOICES);
  checkObject(details, 'details');
  const { text = '', until } = details;
  checkText(text, 'text');
  checkDate(until, 'until');
  return { choice, text, until: until && new Date(until) };
}

export function statusRequest({ choice, text, until }: StatusWish) {
  return {
    choice: CHOICES[choice],
    statusText: text,
    ...(until && { expiresAt: timestampFromDate(until) }),
  };
}
