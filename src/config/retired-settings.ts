import type { SettingName } from './settings.js';

/** Settings of earlier versions that have another name now. */
export const RENAMED: Readonly<Record<string, SettingName>> = {
  MAX_CALLS_PER_SECOND_PER_USER: 'MAX_CALLS_PER_SECOND_PER_USER_PER_NODE',
  MAX_COMMANDS_PER_SECOND: 'MAX_COMMANDS_PER_SECOND_PER_SESSION_PER_NODE',
  MAX_CONNECTIONS: 'MAX_CONNECTIONS_PER_NODE',
  MAX_CONNECTIONS_PER_ADDRESS: 'MAX_CONNECTIONS_PER_ADDRESS_PER_NODE',
  MAX_PRESENCES_PER_SECOND_PER_USER: 'MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE',
  MAX_SESSIONS: 'MAX_SESSIONS_PER_NODE',
  MAX_SUBSCRIPTIONS_PER_USER: 'MAX_SUBSCRIPTIONS_PER_USER_PER_NODE',
};

/** Settings of earlier versions that no longer exist, each with a sentence about what applies instead. */
export const REMOVED: Readonly<Record<string, string>> = {
  CALL_TIMEOUT_MS: 'The limit is 30 seconds.',
  CONNECTION_HANDSHAKE_TIMEOUT_MS: 'The limit is 10 seconds.',
  CONNECTION_IDLE_TIMEOUT_MS: 'The limit is 5 minutes.',
  EVENT_LOG_SIZE: 'The log keeps 100,000 events. EVENT_LOG_MAX_AGE_MS limits their age.',
  GRPC_REFLECTION: 'Reflection is enabled unless NODE_ENV is production.',
  HTTP_DASHBOARD: 'HTTP_API enables the dashboard.',
  IDLE_CHECK_INTERVAL_MS: 'Timeouts are checked every second.',
  LOG_FORMAT: 'The log is JSON if NODE_ENV is production, and otherwise text.',
  MAX_METADATA_BYTES: 'The limit is 16 KiB.',
  MAX_NEW_SESSIONS_PER_SECOND: 'The limit is 2,000.',
  MAX_REFUSED_CALLS_PER_SECOND_PER_USER:
    'The connection of a user is closed above 100 rejected calls per second.',
  MAX_REQUEST_BYTES: 'Each method has a fixed limit.',
};
