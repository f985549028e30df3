import type { Registry } from 'prom-client';
import { LISTED_STATUSES } from '../domain/presence.js';
import type { PresenceStore } from '../store/presence-store.js';
import { by, registerCount, registerCounts, registerGauge, registerGauges } from './register.js';

/** What the store says of itself, read whenever somebody asks. */
export function registerStoreMetrics(registry: Registry, store: PresenceStore): void {
  registerGauge(registry, {
    name: 'presence_store_up',
    help: 'Whether the store can take commits.',
    value: () => (store.report.problem === undefined ? 1 : 0),
  });
  registerCount(registry, {
    name: 'presence_store_errors_total',
    help: 'Times that Redis could not be reached or did not do what it was asked.',
    count: () => store.report.failures,
  });
  registerGauge(registry, {
    name: 'presence_store_age_seconds',
    help: 'For how long the view of this node may have been behind the store.',
    value: () => store.report.ageMs / 1000,
  });
  registerGauge(registry, {
    name: 'presence_store_nodes',
    help: 'Nodes that are alive, as this one sees it.',
    value: () => store.report.nodes,
  });
  registerGauge(registry, {
    name: 'presence_store_differing_nodes',
    help: 'Nodes with other settings of the rules than this one: timeouts, the grace, sessions per user.',
    value: () => store.report.differingNodes,
  });
  registerGauge(registry, {
    name: 'presence_store_clock_skew_seconds',
    help: 'By how much the clock of this machine is ahead of that of Redis.',
    value: () => store.report.clockSkewMs / 1000,
  });
  registerGauge(registry, {
    name: 'presence_store_users',
    help: 'Users whom others can know of: those who are shown online, and those who are OFFLINE and not forgotten yet.',
    value: () => store.report.offline + store.view.countListed(LISTED_STATUSES),
  });
  registerGauges(registry, {
    name: 'presence_users',
    help: 'Users on all nodes by the status that others are shown, OFFLINE until they are forgotten.',
    labels: ['status'],
    values: () => by('status', usersByStatus(store)),
  });
  registerGauge(registry, {
    name: 'presence_store_sessions',
    help: 'Live sessions, on whichever node.',
    value: () => store.report.sessions,
  });
  registerGauge(registry, {
    name: 'presence_store_alarms',
    help: 'Users for whom something is due at some time.',
    value: () => store.report.alarms,
  });
  registerCounts(registry, {
    name: 'presence_store_resyncs_total',
    help: 'Partitions that were read anew because their log could not be followed.',
    label: 'cause',
    counts: () => store.report.resyncs,
  });
  registerCounts(registry, {
    name: 'presence_store_keys_lost_total',
    help: 'Times that a key was gone from Redis which is never deleted, by what it held. It is written back.',
    label: 'key',
    counts: () => store.report.keysLost,
  });
  registerCount(registry, {
    name: 'presence_store_written_back_users_total',
    help: 'Users that this node has written back because Redis had lost something of them.',
    count: () => store.report.writtenBack,
  });
  registerGauge(registry, {
    name: 'presence_store_unreadable_users',
    help: 'Users that this node leaves out because their records in Redis cannot be read.',
    value: () => store.report.unreadableUsers,
  });
  registerCount(registry, {
    name: 'presence_store_gaps_filled_total',
    help: 'Times that commits were read from the log because no message had told of them.',
    count: () => store.report.gapsFilled,
  });
  registerCount(registry, {
    name: 'presence_store_fenced_total',
    help: 'Times that this node was declared dead by others.',
    count: () => store.report.fenced,
  });
  registerCount(registry, {
    name: 'presence_store_reaped_users_total',
    help: 'Users from whom this node has taken the sessions of dead nodes.',
    count: () => store.report.reaped,
  });
}

/** As others are shown them: who is invisible counts as OFFLINE, and cannot be told from those who are. */
function usersByStatus({ view, report }: PresenceStore): Readonly<Record<string, number>> {
  const listed = LISTED_STATUSES.map((status) => [status, view.countListed([status])] as const);
  // Not all others that are held: of some only what they do unseen is left.
  return { ...Object.fromEntries(listed), OFFLINE: report.offline };
}
