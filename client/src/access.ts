import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { checkDate, checkId, checkList, checkOptions } from './arguments.js';
import type { CallExecutor, RequestOptions } from './call-executor.js';

/** The maximum number of users from whom a user hides. */
const MAX_HIDDEN_FROM = 1000;

export interface HidingOptions extends RequestOptions {
  /** The user who hides. Any other than the caller needs `presence:admin`. Default: the caller. */
  readonly userId?: string;
}

export interface RevocationOptions extends RequestOptions {
  /**
   * Tokens that were issued before this moment, or that have no `iat`, are revoked. It must not be in the future. Default:
   * now.
   */
  readonly issuedBefore?: Date;
}

export async function setHiddenFrom(
  caller: CallExecutor,
  userIds: readonly string[],
  options: HidingOptions,
): Promise<void> {
  checkList(userIds, 'userIds', MAX_HIDDEN_FROM, checkId);
  const request = { userId: userIdIn(options), userIds: [...userIds] };
  await caller.call(({ presences }, call) => presences.updateHiddenFrom(request, call), options);
}

export async function hiddenFrom(caller: CallExecutor, options: HidingOptions): Promise<string[]> {
  const request = { userId: userIdIn(options) };
  const { userIds } = await caller.call(
    ({ presences }, call) => presences.getHiddenFrom(request, call),
    options,
  );
  return userIds;
}

function userIdIn(options: HidingOptions): string {
  checkOptions(options);
  const { userId } = options;
  if (userId !== undefined) checkId(userId, 'userId');
  return userId ?? '';
}

export async function revokeTokens(
  caller: CallExecutor,
  userId: string,
  options: RevocationOptions,
): Promise<number> {
  checkId(userId, 'userId');
  checkOptions(options);
  const { issuedBefore } = options;
  checkDate(issuedBefore, 'issuedBefore');
  const request = {
    userId,
    ...(issuedBefore && { issuedBefore: timestampFromDate(issuedBefore) }),
  };
  const { endedSessions } = await caller.call(
    ({ sessions }, call) => sessions.revokeTokens(request, call),
    options,
  );
  return endedSessions;
}
