import { setTimeout as sleep } from 'node:timers/promises';
import { status, type ServiceError } from '@grpc/grpc-js';
import type { Backend } from '../backend.js';
import { Client } from '../../support/client.js';
import type { ViewerAnswers } from '../evidence.js';
import type { NodeProcess } from '../node-process.js';
import type { Random } from '../random.js';
import { tokenOf } from '../tokens.js';
import type { AccessHistory } from './access-history.js';
import { Viewer } from './viewer.js';

export const VIEWER_IDS: readonly string[] = Array.from({ length: 10 }, (_, i) => `viewer-${i}`);

/** The settings of the nodes. The viewers ask again and again until the nodes agree, so their reads are not limited. */
export const ACCESS_SETTINGS = {
  VISIBILITY: 'groups',
  CHANNEL_ACCESS: 'granted',
  MAX_PRESENCES_PER_SECOND_PER_USER_PER_NODE: '0',
  MAX_CALLS_PER_SECOND_PER_USER_PER_NODE: '0',
};

/** The time after which every node refuses a revoked token; see the check. */
const KNOWN_WITHIN_MS = 2500;

const LOOK_MS = 300;

/** The viewers who see only what their tokens grant. Their rights change, their streams break, and their tokens are revoked. */
export class Viewers {
  private readonly viewers: readonly Viewer[];
  private isActive = false;
  private acting = Promise.resolve();

  constructor(
    private readonly nodes: readonly NodeProcess[],
    private readonly random: Random,
    private readonly access: AccessHistory,
    private readonly backend: Backend,
  ) {
    this.viewers = VIEWER_IDS.map((id, i) => new Viewer(id, nodes, i, random, access));
  }

  /** Whether all viewers have a subscription that is up to date. */
  get areCurrent(): boolean {
    return this.viewers.every(({ current }) => current !== undefined);
  }

  watch(): void {
    for (const viewer of this.viewers) void viewer.watch();
  }

  /** Lets the rights change, the streams break and the tokens be revoked, until `settle` is called. */
  live(): void {
    this.isActive = true;
    this.acting = this.act();
  }

  /** Ends the stream of every viewer. All resume on other nodes. */
  cutAll(): void {
    for (const viewer of this.viewers) viewer.cut();
  }

  /** Changes no rights any more, and tries all revoked tokens on all nodes. */
  async settle(): Promise<void> {
    this.isActive = false;
    await this.acting;
    await sleep(KNOWN_WITHIN_MS);
    await this.probe();
  }

  close(): void {
    this.isActive = false;
    for (const viewer of this.viewers) viewer.close();
  }

  /** Returns what every node says to every viewer. */
  async answers(userIds: readonly string[]): Promise<readonly ViewerAnswers[]> {
    const asked = this.viewers.flatMap((viewer) => this.nodes.map((node) => ({ viewer, node })));
    return Promise.all(asked.map(({ viewer, node }) => answersTo(viewer, node, userIds)));
  }

  private async act(): Promise<void> {
    while (this.isActive) {
      await sleep(this.random.between(50, 400));
      const viewer = this.random.oneOf(this.viewers);
      const deed = this.random.fraction();
      if (deed < 0.5) viewer.cut();
      else if (deed < 0.8) viewer.changeRights();
      else await viewer.beRevoked(this.backend);
    }
  }

  private async probe(): Promise<void> {
    const revoked = this.access.revocations
      .filter(({ at }) => at !== undefined)
      .flatMap((revocation) => revocation.revoked);
    for (const node of this.nodes) {
      for (const { userId, text } of new Set(revoked)) {
        const wasRefused = await isRefused(node, text);
        this.access.probes.push({ userId, node: node.name, at: Date.now(), wasRefused });
      }
    }
  }
}

async function isRefused(node: NodeProcess, token: string): Promise<boolean> {
  const client = new Client([node.address], token);
  try {
    for (;;) {
      try {
        await client.getPresence({ userId: 'user-0000' });
        return false;
      } catch (error) {
        const { code } = error as ServiceError;
        if (code === status.UNAUTHENTICATED) return true;
        if (code !== status.UNAVAILABLE) throw error;
      }
      await sleep(LOOK_MS);
    }
  } finally {
    client.close();
  }
}

async function answersTo(
  { viewerId, rights, current }: Viewer,
  node: NodeProcess,
  userIds: readonly string[],
): Promise<ViewerAnswers> {
  const grants = { ...rights, watch_only: true };
  const client = new Client([node.address], await tokenOf(viewerId, { grants }));
  try {
    const { presences } = await client.batchGetPresences({ userIds: [...userIds] });
    const list = await client.listOnlineUsers({ pageSize: 1000 });
    const { counts } = await client.countPresences();
    return {
      ...{ viewerId, rights, node: node.name, presences, stretch: current },
      listed: list.presences.map(({ userId }) => userId),
      counted: counts
        .flatMap(({ byStatus }) => byStatus)
        .reduce((sum, { count }) => sum + count, 0),
    };
  } finally {
    client.close();
  }
}
