import { checkId, checkList, checkOptions } from './arguments.js';
import type { CallExecutor, RequestOptions } from './call-executor.js';
import type { PresenceCount as PresenceCountMessage } from './generated/presence/v1/presence_pb.js';
import { nameOfStatus, STATUS_VALUES, type Status } from './presence.js';

type PresentStatus = Exclude<Status, 'offline'>;

/** The maximum number of channels, and of groups, of one call. */
const MAX_COUNTED = 1000;

export interface CountOptions extends RequestOptions {
  /** The groups to count after the channels, at most 1000. The token needs each of them. Default: none. */
  readonly groups?: readonly string[];
}

/** The channels and groups to count. Without both: everywhere. */
export interface CountedPlaces {
  readonly channelIds: string[];
  readonly groupIds: string[];
}

/** The number of users who are not offline, in one channel, in one group or everywhere. */
export interface PresenceCount {
  /** Undefined: in a group, or everywhere. */
  readonly channelId: string | undefined;
  /** Undefined: in a channel, or everywhere. */
  readonly groupId: string | undefined;
  readonly total: number;
  /** The number of users with each status. */
  readonly byStatus: Readonly<Record<PresentStatus, number>>;
}

export function countOf({ scope, total, byStatus }: PresenceCountMessage): PresenceCount {
  const counts = Object.fromEntries(
    Object.keys(STATUS_VALUES)
      .filter((status) => status !== 'offline')
      .map((status) => [status, 0]),
  ) as Record<PresentStatus, number>;
  for (const { status, count } of byStatus) {
    const name = nameOfStatus(status);
    if (name !== 'offline') counts[name] += count;
  }
  return {
    channelId: scope.case === 'channelId' ? scope.value : undefined,
    groupId: scope.case === 'groupId' ? scope.value : undefined,
    total,
    byStatus: counts,
  };
}

/** Checks the arguments of a program and copies them. */
export function countedPlaces(channelIds: readonly string[], options: CountOptions): CountedPlaces {
  checkOptions(options);
  const { groups = [] } = options;
  checkList(channelIds, 'channelIds', MAX_COUNTED, checkId);
  checkList(groups, 'groups', MAX_COUNTED, checkId);
  return { channelIds: [...channelIds], groupIds: [...groups] };
}

export async function countPresences(
  caller: CallExecutor,
  channelIds: readonly string[],
  options: CountOptions,
): Promise<PresenceCount[]> {
  const places = countedPlaces(channelIds, options);
  const { counts } = await caller.call(
    ({ presences }, call) => presences.countPresences(places, call),
    options,
  );
  return counts.map(countOf);
}
