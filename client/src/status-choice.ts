import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { StatusChoice } from './generated/presence/v1/presence_service_pb.js';

/** How a user's status is decided: by activity, or as the user said. `invisible` looks offline to everyone else. */
export type ChosenStatus = 'automatic' | 'do-not-disturb' | 'away' | 'invisible';

export interface StatusWish {
  readonly choice: ChosenStatus;
  readonly text: string;
  /** When choice and text lapse. Undefined: they stay. */
  readonly until: Date | undefined;
}

export const CHOICES: Readonly<Record<ChosenStatus, StatusChoice>> = {
  automatic: StatusChoice.AUTOMATIC,
  'do-not-disturb': StatusChoice.DO_NOT_DISTURB,
  away: StatusChoice.AWAY,
  invisible: StatusChoice.INVISIBLE,
};

/** What the service says was chosen. One that is newer than this library decides by itself, as far as that can tell. */
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
