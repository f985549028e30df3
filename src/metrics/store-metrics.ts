import type { Registry } from 'prom-client';
import { LISTED_STATUSES } from '../domain/presence.js';
import type { PresenceStore } from '../store/presence-store.js';
import { by, registerCount, registerCounts, registerGauge, registerGauges } from './register.js';

/** Metrics of the store. They are read from its status at every scrape. */
export function registerStoreMetrics(registry: Registry, store: PresenceStore): void {
  registerGauge(registry, {
    name: 'presence_store_up',
    help: '1 if the store accepts commits, else 0.',
    value: () => (store.status.problem === undefined ? 1 : 0),
  });
  registerCount(registry, {
    name: 'presence_store_errors_total',
    help: 'Errors of Redis: failed connections, error replies and timeouts.',
    count: () => store.status.metrics().failures,
  });
  registerGauge(registry, {
    name: 'presence_store_staleness_seconds',
    help: 'Maximum time by which the state on this node may be older than the state in the store.',
    value: () => store.status.metrics().stalenessMs / 1000,
  });
  registerGauge(registry, {
    name: 'presence_store_nodes',
    help: 'Live nodes, as seen by this node.',
    value: () => store.status.metrics().nodes,
  });
  registerGauge(registry, {
    name: 'presence_store_nodes_with_other_settings',
    help: 'Live nodes whose timeouts, grace, sessions per user, access settings or maximum token lifetime differ from the settings of this node.',
    value: () => store.status.metrics().differingNodes,
  });
  registerGauge(registry, {
    name: 'presence_store_clock_skew_seconds',
    help: 'Clock of this machine minus clock of Redis.',
    value: () => store.status.metrics().clockSkewMs / 1000,
  });
  registerGauge(registry, {
    name: 'presence_store_users',
    help: 'Users that others can see or that this node remembers as OFFLINE.',
    value: () => store.status.metrics().offline + store.view.countListed(LISTED_STATUSES),
  });
  registerGauges(registry, {
    name: 'presence_users',
    help: 'Users on all nodes by the status that others see. Includes offline users that the service still remembers.',
    labels: ['status'],
    values: () => by('status', usersByStatus(store)),
  });
  registerGauge(registry, {
    name: 'presence_store_sessions',
    help: 'Live sessions on all nodes.',
    value: () => store.status.metrics().sessions,
  });
  registerGauge(registry, {
    name: 'presence_store_timers',
    help: 'Users with a pending deadline, such as an idle timeout or the end of a grace.',
    value: () => store.status.metrics().timers,
  });
  registerGauge(registry, {
    name: 'presence_store_revocations',
    help: 'Users with a stored revocation of tokens. Without AUTH_MAX_TOKEN_LIFETIME_MS the number never decreases.',
    value: () => store.view.tokensValidFrom.size,
  });
  registerCounts(registry, {
    name: 'presence_store_resyncs_total',
    help: 'Partitions that were read again from Redis because their log could not be followed, by reason.',
    label: 'reason',
    counts: () => store.status.metrics().resyncs,
  });
  registerCounts(registry, {
    name: 'presence_store_keys_lost_total',
    help: 'Permanent keys that were missing in Redis, by content. The node writes them back.',
    label: 'key',
    counts: () => store.status.metrics().keysLost,
  });
  registerCount(registry, {
    name: 'presence_store_written_back_users_total',
    help: 'Users that this node wrote back after Redis had lost their data.',
    count: () => store.status.metrics().writtenBack,
  });
  registerGauge(registry, {
    name: 'presence_store_unreadable_users',
    help: 'Users that this node ignores because their records in Redis are unreadable.',
    value: () => store.status.metrics().unreadableUsers,
  });
  registerCount(registry, {
    name: 'presence_store_gaps_filled_total',
    help: 'Times that this node read commits from the log because a pub/sub message was missing.',
    count: () => store.status.metrics().gapsFilled,
  });
  registerCount(registry, {
    name: 'presence_store_fenced_total',
    help: 'Times that the other nodes declared this node dead while it was running.',
    count: () => store.status.metrics().fenced,
  });
  registerCount(registry, {
    name: 'presence_store_reaped_users_total',
    help: 'Users whose sessions on dead nodes were removed by this node.',
    count: () => store.status.metrics().reaped,
  });
}

/**
 * The number of users by shown status. An invisible user counts as OFFLINE, so that the metric does not reveal
 * invisible users.
 */
function usersByStatus({ view, status }: PresenceStore): Readonly<Record<string, number>> {
  const listed = LISTED_STATUSES.map((status) => [status, view.countListed([status])] as const);
  // `offline` is less than the number of all other users in memory, because some users are stored only for an activity
  // that is not visible to others.
  return { ...Object.fromEntries(listed), OFFLINE: status.metrics().offline };
}
