import type { JsonObject } from '@bufbuild/protobuf';
import type { ErrorReason } from '../../src/api/rejections.js';
import type { UnaryCalls } from './client.js';

/** The names of all methods of the contract. */
export type Method = keyof UnaryCalls | 'connect' | 'subscribe' | 'watchCounts';

/** The answer to a request that names what the caller may not see: the reason of the error, or OK. */
export type Answer = 'OK' | ErrorReason;

/** A request of a method, and the names in it. */
export interface Access {
  /** A valid request in JSON, without the fields below if the rules allow that. */
  readonly request?: JsonObject;
  /**
   * Every field of the request that names a user, a channel, a group or a session, and the answer to a name that the caller
   * may not see. The answer is the same as to a name that does not exist.
   */
  readonly names?: Readonly<Record<string, Answer>>;
}

const OWN_SESSION: Access = {
  request: { session_id: 'own session' },
  names: { session_id: 'SESSION_NOT_FOUND' },
};

/** How each method respects what the caller may see. The compiler finds a method that is missing. */
export const ACCESS: Readonly<Record<Method, Access>> = {
  connect: {
    request: {
      choices: {
        channel: { version: '1', channels: [{ channel_id: 'acme/hall', is_held: true }] },
      },
    },
    names: { previous_session_id: 'OK', 'choices.channel.channels.channel_id': 'OK' },
  },
  heartbeat: OWN_SESSION,
  recordActivity: {
    ...OWN_SESSION,
    names: { session_id: 'SESSION_NOT_FOUND', user_id: 'ADMIN_SCOPE_REQUIRED' },
  },
  listSessions: { names: { user_id: 'ADMIN_SCOPE_REQUIRED' } },
  // The response is the same as for an unknown session: OK, with `was_live` false.
  endSession: { request: { session_id: 'unknown' }, names: { session_id: 'OK' } },
  revokeTokens: { request: { user_id: 'ann' }, names: { user_id: 'ADMIN_SCOPE_REQUIRED' } },

  joinChannel: {
    request: { ...OWN_SESSION.request, channel_id: 'acme/hall' },
    names: { session_id: 'SESSION_NOT_FOUND', channel_id: 'CHANNEL_NOT_GRANTED' },
  },
  // A user may leave a channel in which it is not, and its grants may have become fewer since it joined.
  leaveChannel: { ...OWN_SESSION, names: { session_id: 'SESSION_NOT_FOUND', channel_id: 'OK' } },
  updateMuteState: {
    ...OWN_SESSION,
    request: { ...OWN_SESSION.request, is_microphone_muted: false },
  },
  updateStatus: {
    request: { ...OWN_SESSION.request, choice: 'STATUS_CHOICE_AUTOMATIC' },
    names: { session_id: 'SESSION_NOT_FOUND', user_id: 'ADMIN_SCOPE_REQUIRED' },
  },
  updateAttributes: { ...OWN_SESSION, request: { ...OWN_SESSION.request, set: { doc: 'one' } } },
  // The list of the caller may name anyone. It says nothing about them.
  updateHiddenFrom: { names: { user_ids: 'OK', user_id: 'ADMIN_SCOPE_REQUIRED' } },
  getHiddenFrom: { names: { user_id: 'ADMIN_SCOPE_REQUIRED' } },

  getPresence: { request: { user_id: 'bob' }, names: { user_id: 'OK' } },
  batchGetPresences: { request: { user_ids: ['bob'] }, names: { user_ids: 'OK' } },
  listOnlineUsers: { names: { group_id: 'GROUP_NOT_GRANTED' } },
  listChannelMembers: {
    request: { channel_id: 'acme/hall' },
    names: { channel_id: 'CHANNEL_NOT_GRANTED' },
  },
  countPresences: {
    names: { channel_ids: 'CHANNEL_NOT_GRANTED', group_ids: 'GROUP_NOT_GRANTED' },
  },
  explainPresence: { request: { user_id: 'bob' }, names: { user_id: 'ADMIN_SCOPE_REQUIRED' } },

  subscribe: {
    names: {
      user_ids: 'OK',
      channel_ids: 'CHANNEL_NOT_GRANTED',
      group_ids: 'GROUP_NOT_GRANTED',
    },
  },
  watchCounts: {
    names: { channel_ids: 'CHANNEL_NOT_GRANTED', group_ids: 'GROUP_NOT_GRANTED' },
  },

  muteUser: {
    request: { user_id: 'bob', is_microphone_muted: false },
    names: { user_id: 'USER_NOT_PRESENT' },
  },
  moveUser: {
    request: { user_id: 'bob', from_channel_id: 'acme/hall', to_channel_id: 'acme/hall' },
    names: {
      user_id: 'USER_NOT_PRESENT',
      from_channel_id: 'USER_NOT_IN_CHANNEL',
      to_channel_id: 'MODERATE_GRANT_REQUIRED',
    },
  },
  removeUser: {
    request: { user_id: 'bob', channel_id: 'acme/hall' },
    names: { user_id: 'USER_NOT_PRESENT', channel_id: 'USER_NOT_IN_CHANNEL' },
  },
};
