import type { SERVICES } from './codecs.js';

/**
 * How a call counts against the rate limits: `call` counts for the user; `command` also counts for the session in its
 * request; `heartbeat` counts as `command` does, but separately from all other calls; `stream` counts as several
 * calls, because opening a stream costs more.
 */
export type RateLimitClass = 'command' | 'heartbeat' | 'stream' | 'call';

/** The name of an RPC of a service, as in its controller. */
type MethodOf<Service> = Service extends { readonly method: infer Methods } ? keyof Methods : never;

/** The name of an RPC of any service of the contract. */
export type MethodName = MethodOf<(typeof SERVICES)[number]>;

/** The class of each RPC. The compiler reports an RPC that is missing here. */
export const RATE_LIMIT_CLASSES: Readonly<Record<MethodName, RateLimitClass>> = {
  connect: 'stream',
  heartbeat: 'heartbeat',
  recordActivity: 'command',
  listSessions: 'call',
  endSession: 'call',
  revokeTokens: 'call',

  joinChannel: 'command',
  leaveChannel: 'command',
  updateMuteState: 'command',
  updateStatus: 'command',
  updateAttributes: 'command',
  updateHiddenFrom: 'command',
  getHiddenFrom: 'call',
  getPresence: 'call',
  batchGetPresences: 'call',
  listOnlineUsers: 'call',
  listChannelMembers: 'call',
  countPresences: 'call',
  explainPresence: 'call',

  subscribe: 'stream',
  watchCounts: 'stream',

  muteUser: 'call',
  moveUser: 'call',
  removeUser: 'call',
};
