import { timestampFromDate, timestampMs } from '@bufbuild/protobuf/wkt';
import type { Caller } from './caller.js';
import { toPresenceError } from './error-conversion.js';
import { StatusChoice } from './generated/presence/v1/presence_service_pb.js';
import { PresenceError } from './presence-error.js';
import type { SessionStream } from './session-stream.js';

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

/** What the program said on a session last, as far as the service took it. */
export interface Wishes {
  channelId: string | undefined;
  isMicrophoneMuted: boolean | undefined;
  isSpeakerMuted: boolean | undefined;
  status: StatusWish | undefined;
}

/**
 * Says again on a new session what the service has not kept of the one before. Saying what is so already announces
 * nothing. `lost` is the stream before; undefined: there was none, or it is still there.
 */
export async function restore(
  caller: Caller,
  stream: SessionStream,
  wishes: Wishes,
  lost: SessionStream | undefined,
): Promise<void> {
  await restoreChannel(caller, stream, wishes);
  await restoreStatus(caller, stream, wishes, lost);
}

async function restoreChannel(caller: Caller, stream: SessionStream, wishes: Wishes) {
  const { sessionId, signal } = stream;
  const { channelId } = wishes;
  if (channelId === undefined) return;
  const present = stream.started.presence?.currentChannelId;
  // Another device has taken the user there since.
  if (present !== undefined && present !== channelId) return void (wishes.channelId = undefined);
  const call = caller.call(
    ({ presences }, options) => presences.joinChannel({ sessionId, channelId }, options),
    { signal },
  );
  if (await isRefused(call)) wishes.channelId = undefined;
}

/**
 * The chosen status is the user's and not the session's, and may have been changed on another device. So it is said
 * again only where no session of the user has lasted through the break: only such a user can have been forgotten.
 */
async function restoreStatus(
  caller: Caller,
  stream: SessionStream,
  wishes: Wishes,
  lost: SessionStream | undefined,
) {
  const { sessionId, signal } = stream;
  const { status } = wishes;
  const oldest = stream.started.presence?.connectedAt;
  if (status === undefined || lost === undefined || oldest === undefined) return;
  if (timestampMs(oldest) <= lost.lastSeenAt) return;
  const now = timestampMs(stream.started.session!.connectedAt!);
  const hasLapsed = status.until !== undefined && +status.until <= now;
  if (hasLapsed) return void (wishes.status = undefined);
  const call = caller.call(
    ({ presences }, options) => presences.updateStatus(statusRequest(sessionId, status), options),
    { signal },
  );
  if (await isRefused(call)) wishes.status = undefined;
}

export function statusRequest(sessionId: string, { choice, text, until }: StatusWish) {
  return {
    sessionId,
    choice: CHOICES[choice],
    statusText: text,
    ...(until && { expiresAt: timestampFromDate(until) }),
  };
}

/** What may be tried again fails the new session; what the service does not want is not wanted any more. */
async function isRefused(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return false;
  } catch (reason) {
    const error = toPresenceError(reason);
    if (error.code === 'not-found')
      throw new PresenceError('unavailable', 'the session is gone', { cause: error });
    if (error.code === 'invalid-argument' || error.code === 'permission-denied') return true;
    throw error;
  }
}
