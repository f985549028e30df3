import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { startWith, Subject } from 'rxjs';
import type { Step } from '../../domain/step.js';
import type { User } from '../../domain/user.js';
import {
  PresenceStore,
  type Commit,
  type PartitionReset,
  type UserKey,
  type UserUpdate,
} from '../presence-store.js';
import { describeError } from '../../text/safe-text.js';
import { PresenceView } from '../presence-view.js';
import type { StoreMetrics, StoreStatus } from '../store-status.js';
import { ClusterMetrics } from './cluster-metrics.js';
import { SingleFlight } from '../../timers/single-flight.js';
import { loaded, orConfigError } from './first-load.js';
import { Janitor } from './janitor.js';
import { BatchPace } from './batch-pace.js';
import { Keys, PARTITIONS } from './keys.js';
import { commitPosition } from './log-batch.js';
import { LogTrimmer } from './log-trimmer.js';
import { Membership } from './membership.js';
import { Partition } from './partition.js';
import { NOTHING_LOADED, PartitionSet } from './partition-set.js';
import { randomId } from './random-id.js';
import { RedisPartitionLeases } from './redis-partition-leases.js';
import { RedisHealth, withinTimeout } from './redis-health.js';
import { RedisClient } from './redis-client.js';
import { RedisCommitHistory } from './redis-commit-history.js';
import type { RedisStoreOptions } from './redis-store-options.js';
import { RedisTime } from './redis-time.js';
import { checkServer, faultOf } from './server-check.js';
import { ServerWatch } from './server-watch.js';
import { SettingsCensus } from './settings-census.js';
import { SharedSecret } from './shared-secret.js';
import { IntervalTask } from '../../timers/interval-task.js';
import {
  HEARTBEAT_INTERVAL_MS,
  LOG_POLL_INTERVAL_MS,
  COMPARE_SETTINGS_MS,
  DELIVERY_LEASE,
  EXPIRY_MS,
  JANITOR_MS,
  LEASE_MS,
  READY_WITHIN_MS,
  TRIM_MS,
  WATCH_SERVER_MS,
  WRITE_WITHIN_MS,
} from './timings.js';

/**
 * The presence store for any number of nodes, in Redis. Every node has a replica of all users and decides on that
 * basis. Redis accepts a commit only if the replica was up to date. See `docs/cluster.md`.
 */
export class RedisPresenceStore
  extends PresenceStore
  implements OnModuleInit, OnApplicationShutdown
{
  readonly view: PresenceView = new PresenceView(
    (userId) => this.partitions.of(userId).replica.table,
    () => withinTimeout(this.options.timeoutMs, this.refreshing.run()),
  );
  private node = randomId();
  private readonly logger = new Logger('Redis');
  private readonly previousNodeIds = new Set<string>();
  private readonly reachability = new RedisHealth(this.logger);
  private readonly events = new ClusterMetrics(this.logger);
  /** The last time when the node knew that it had missed nothing, by `performance.now()`. */
  private confirmedAt = performance.now();
  private readonly committed = new Subject<Commit>();
  readonly commits = this.committed.asObservable();
  private readonly restarted = new Subject<PartitionReset>();
  // Before the partitions are loaded, no resume token can match their positions.
  readonly partitionResets = this.restarted.pipe(startWith(...NOTHING_LOADED));
  /** The commits in the partition logs. */
  readonly history: RedisCommitHistory;
  /** The leases of the delivery by webhook. */
  readonly leases: RedisPartitionLeases;
  private readonly keys: Keys;
  private readonly port: RedisClient;
  private readonly watch: ServerWatch;
  private readonly partitions: PartitionSet;
  private readonly membership: Membership;
  private readonly janitor: Janitor;
  private readonly sharedSecret: SharedSecret;
  private readonly time: RedisTime;
  private readonly settings: SettingsCensus;
  private readonly tickers: readonly IntervalTask[];
  private readonly refreshing = new SingleFlight(() => this.refreshAll());

  constructor(private readonly options: RedisStoreOptions) {
    super();
    const keys = (this.keys = new Keys(options.keyPrefix));
    const { address, password, policy, now, maxOfflineUsers, maxTokenLifetimeMs } = options;
    const { logger } = this;
    const node = (): string => this.node;
    const uptime = (): number => performance.now();
    const checkServerNow = (): void => void this.watch.checkNow().catch(this.logFailedTask);
    const port = (this.port = RedisClient.open(address, this.reachability.failed, password));
    const pace = new BatchPace({
      ...{ port, now, uptime, logger, maxMessagesPerSecond: options.maxMessagesPerSecond },
      nodes: () => this.membership.alive().length,
    });
    const partitions = keys.partitions.map(
      (partitionKeys, index) =>
        new Partition({
          ...{ port, policy, now, node, pace, timeoutMs: options.timeoutMs },
          ...{ keys: partitionKeys, view: this.view },
          logSize: Math.ceil(options.logSize / PARTITIONS),
          ...{ randomToken: randomId, publishesChanges: () => this.settings.allReadChanges },
          onStep: ({ user, occurredAt, cause, events, ended }, before, at) => {
            const position = commitPosition(index, at);
            this.committed.next({ before, user, occurredAt, cause, events, ended, position });
          },
          onRestart: (at) => this.restarted.next(commitPosition(index, at)),
          onWrittenBack: (at) =>
            this.restarted.next({ ...commitPosition(index, at), isComplete: true }),
          onFenced: (name) => this.rotateNodeId(name),
          onError: this.noteError,
          ...this.events.ofPartition(index, partitionKeys, checkServerNow),
        }),
    );
    this.partitions = new PartitionSet(partitions, pace);
    this.history = new RedisCommitHistory(port, partitions, options.timeoutMs);
    this.membership = new Membership({
      ...{ port, node, uptime, key: keys.beats },
      leaseMs: LEASE_MS,
      beatMs: HEARTBEAT_INTERVAL_MS,
      onLost: () => this.events.keyLost('heartbeats', keys.beats),
    });
    this.janitor = new Janitor({
      ...{ node, policy, now, uptime, maxOfflineUsers, previousNodeIds: this.previousNodeIds },
      partitions,
      membership: this.membership,
      onReaped: (name, users) => this.events.reaped(name, users),
      onWrittenBack: (users) => this.events.writtenBack(users),
    });
    const isMine = (index: number): boolean => this.janitor.isMine(index);
    const leaseOptions = { port, isMine, keys: keys.partitions, ...DELIVERY_LEASE };
    this.leases = new RedisPartitionLeases(leaseOptions);
    const { maxLogBytes: maxBytes, historyMs: maxAgeMs } = options;
    const trimmer = new LogTrimmer({ port, partitions, isMine, now, maxBytes, maxAgeMs });
    this.time = new RedisTime({
      ...{ port, uptime, follow: options.follow, logger, key: keys.beats },
      machine: () => Date.now(),
    });
    this.settings = new SettingsCensus({
      ...{ port, node, logger, key: keys.settings },
      settings: { ...policy, ...options.access, maxTokenLifetimeMs, maxEventAgeMs: maxAgeMs },
      alive: () => this.membership.alive(),
    });
    this.sharedSecret = new SharedSecret(port, keys.sealingSecret, options.sealingKeys, () =>
      this.events.keyLost('sealing_secret', keys.sealingSecret),
    );
    this.watch = new ServerWatch({
      uptime,
      faultOf: () => faultOf(port, keys),
      everyMs: options.watchServerEveryMs ?? WATCH_SERVER_MS,
      log: this.logger,
    });
    this.tickers = [
      new IntervalTask(HEARTBEAT_INTERVAL_MS, () => this.heartbeat(), this.reachability.failed),
      new IntervalTask(LOG_POLL_INTERVAL_MS, () => this.refreshing.run(), this.reachability.failed),
      new IntervalTask(JANITOR_MS, () => this.janitor.tick(), this.logFailedTask),
      new IntervalTask(JANITOR_MS, () => this.sharedSecret.sync(), this.logFailedTask),
      new IntervalTask(LOG_POLL_INTERVAL_MS, () => this.inspect(), this.logFailedTask),
      new IntervalTask(TRIM_MS, () => trimmer.tick(), this.logFailedTask),
      new IntervalTask(LOG_POLL_INTERVAL_MS, () => this.time.measure(), this.logFailedTask),
      new IntervalTask(COMPARE_SETTINGS_MS, () => this.settings.compare(), this.logFailedTask),
      new IntervalTask(
        EXPIRY_MS,
        async () => this.partitions.failTimedOut(uptime()),
        this.reachability.failed,
      ),
    ];
  }

  /** Loads all data, then starts to take part in the cluster. */
  async onModuleInit(): Promise<void> {
    await orConfigError(this.prepare(), this.reachability);
    await loaded(this.partitions.load(), this.reachability, READY_WITHIN_MS);
    await this.heartbeat();
    for (const ticker of this.tickers) ticker.start();
  }

  private async prepare(): Promise<void> {
    await this.port.ready(READY_WITHIN_MS);
    await checkServer(this.port, this.keys);
    await this.time.measure();
    await this.sharedSecret.sync();
    await this.port.subscribe(this.partitions.channels, (channel, message) =>
      this.partitions.receive(channel, message),
    );
  }

  async update(userId: string, change: UserUpdate): Promise<Step> {
    return this.partitions.of(userId).update(userId, change);
  }

  get(by: { readonly userId: string }): Promise<User>;
  get(by: { readonly sessionId: string }): Promise<User | undefined>;
  async get(by: UserKey): Promise<User | undefined> {
    if ('sessionId' in by) return this.ownerOf(by.sessionId);
    const { reader, replica } = this.partitions.of(by.userId);
    await withinTimeout(this.options.timeoutMs, reader.awaitCurrent());
    return replica.table.find(by.userId);
  }

  /**
   * Covers only the partitions of which this node is the rendezvous owner, so that each user is returned on one node.
   */
  async claimDue(now: number, limit: number, wallAheadMs = 0): Promise<readonly string[]> {
    const isMine = (partition: number): boolean => this.janitor.isMine(partition);
    return this.partitions.claimDue(now, limit, wallAheadMs, isMine);
  }

  get status(): StoreStatus {
    return {
      node: this.node,
      problem: this.watch.problem ?? this.reachability.problem,
      metrics: this.computeMetrics,
    };
  }

  private readonly computeMetrics = (): StoreMetrics => {
    return {
      failures: this.reachability.failures,
      stalenessMs: performance.now() - this.confirmedAt,
      nodes: this.membership.alive().length,
      differingNodes: this.settings.differing,
      clockSkewMs: this.time.skewMs,
      ...this.events.counts,
      ...this.partitions.sizes,
    };
  };

  /** Leaves the cluster after all writes are done, so that other nodes do not have to wait until the lease ends. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.race([this.partitions.idle(), sleep(WRITE_WITHIN_MS, undefined, { ref: false })]);
    // Closed first, so that no ticker waits for a Redis that no longer responds.
    this.partitions.close();
    await Promise.all(this.tickers.map((ticker) => ticker.stop()));
    await this.leave().catch(this.reachability.failed);
    this.port.close();
  }

  private async leave(): Promise<void> {
    await this.membership.leave(this.node);
    await this.partitions.forget(this.node);
  }

  /** The task runs again, and operators see Redis errors in other logs. */
  private readonly logFailedTask = (error: unknown): void => {
    this.logger.debug(`A periodic task failed and will run again: ${describeError(error)}`);
  };

  private async refreshAll(): Promise<void> {
    const now = performance.now();
    await Promise.all([this.port.pingSubscriber(), this.partitions.awaitCurrent()]);
    this.confirmedAt = now;
    this.reachability.read();
  }

  private async inspect(): Promise<void> {
    await this.watch.tick();
    await this.partitions.inspect();
  }

  private readonly noteError = (error: unknown): void => {
    this.reachability.failed(error);
    this.watch.checkAfter(error).catch(this.logFailedTask);
  };

  private async heartbeat(): Promise<void> {
    await this.membership.heartbeat();
    this.reachability.wrote();
    await this.settings.checkFormats().catch(this.logFailedTask);
  }

  private async ownerOf(sessionId: string): Promise<User | undefined> {
    const known = this.partitions.ownerOf(sessionId);
    if (known !== undefined) return known;
    await this.view.awaitCurrent();
    return this.partitions.ownerOf(sessionId);
  }

  /**
   * Other nodes declared this node dead while it was unreachable. It continues under a new node id, with its remaining
   * sessions.
   */
  private rotateNodeId(name: string): void {
    if (name !== this.node) return;
    this.previousNodeIds.add(name);
    this.node = randomId();
    this.events.fenced(name, this.node);
    void this.membership.leave(name).catch(this.reachability.failed);
  }
}
