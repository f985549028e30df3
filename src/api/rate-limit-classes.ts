import type { EventsServiceController } from './generated/presence/v1/events_service.pb.js';
import type { ModerationServiceController } from './generated/presence/v1/moderation_service.pb.js';
import type { PresenceServiceController } from './generated/presence/v1/presence_service.pb.js';
import type { SessionServiceController } from './generated/presence/v1/session_service.pb.js';

/**
 * The way in which calls of a method are counted. `call` counts for the user; `command` also counts for the session
 * that it names; `heartbeat` counts as `command` does, but separately from all other calls; `stream` counts as several
 * calls, because opening a stream costs more.
 */
export type RateLimitClass = 'command' | 'heartbeat' | 'stream' | 'call';

/** The name of an RPC in its controller. */
export type MethodName =
  | keyof EventsServiceController
  | keyof ModerationServiceController
  | keyof PresenceServiceController
  | keyof SessionServiceController;

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
