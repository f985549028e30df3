import { setTimeout as sleep } from 'node:timers/promises';
import {
  Delivery as DeliveryMode,
  Sync,
  type PresenceEvent,
  type SubscribeResponse,
} from '../../../src/api/generated/presence/v1/events_service.pb.js';
import type { Presence } from '../../../src/api/generated/presence/v1/presence.pb.js';
import type { Backend } from '../backend.js';
import { Client } from '../../support/client.js';
import { msOf } from '../../support/in-words.js';
import type { SubscriptionReader } from '../../support/subscription-reader.js';
import { pictureOf } from '../checks/picture.js';
import type { NodeProcess } from '../node-process.js';
import type { Random } from '../random.js';
import { tokenOf } from '../tokens.js';
import { revokeTokens } from './access-life.js';
import type { AccessHistory, IssuedToken, Sighting, ViewerStretch } from './access-history.js';
import { someRights, type Rights } from './tenants.js';

const BEGINS_WITHIN_MS = 4000;
const AGAIN_MS = 100;

/** The state that the viewer knew when it received a resume token. */
interface Checkpoint {
  readonly token: string;
  readonly picture: readonly Presence[];
}

/**
 * A subscriber that sees only what its token grants. It records everything that it receives. When its stream ends, it
 * resumes on another node with a new token.
 */
export class Viewer {
  rights: Rights;
  /** The subscription that is up to date now, or undefined. */
  current: ViewerStretch | undefined;
  private issued: readonly IssuedToken[] = [];
  private isClosed = false;
  private client: Client | undefined;
  private reader: SubscriptionReader | undefined;
  private checkpoint: Checkpoint | undefined;

  constructor(
    readonly viewerId: string,
    private readonly nodes: readonly NodeProcess[],
    private at: number,
    private readonly random: Random,
    private readonly access: AccessHistory,
  ) {
    this.rights = someRights(random);
  }

  async watch(): Promise<void> {
    while (!this.isClosed) {
      const node = this.nodes[this.at++ % this.nodes.length]!;
      const { rights } = this;
      const token = await this.newToken(rights);
      this.client = new Client([node.address], token.text);
      this.reader = this.client.subscribe({
        resumeToken: this.checkpoint?.token ?? '',
        delivery: DeliveryMode.DELIVERY_EVERY_EVENT,
      });
      await this.follow({ node: node.name, rights, token });
      if (this.current !== undefined) this.current.until = Date.now();
      this.current = undefined;
      this.client.close();
      await sleep(AGAIN_MS);
    }
  }

  /** Ends the stream. The viewer resumes on another node. */
  cut(): void {
    this.reader?.cancel();
  }

  /** Gets other rights, with which the viewer begins another stream. */
  changeRights(): void {
    this.rights = someRights(this.random);
    this.cut();
  }

  /** Has its tokens revoked, which ends its stream. The next token has other rights. */
  async beRevoked(backend: Backend): Promise<void> {
    this.rights = someRights(this.random);
    await revokeTokens(this.viewerId, this.issued, this.access, backend);
  }

  close(): void {
    this.isClosed = true;
    this.client?.close();
  }

  private async newToken({ groups, watch }: Rights): Promise<IssuedToken> {
    const issuedAt = Math.floor(Date.now() / 1000);
    const grants = { groups, watch, watch_only: true };
    const text = await tokenOf(this.viewerId, { grants });
    const token = { userId: this.viewerId, text, issuedAt };
    this.issued = [...this.issued, token].slice(-3);
    return token;
  }

  private async follow(
    facts: Pick<ViewerStretch, 'rights' | 'token'> & { readonly node: string },
  ): Promise<void> {
    const reader = this.reader!;
    const timer = setTimeout(() => reader.cancel(), BEGINS_WITHIN_MS);
    const askedAt = Date.now();
    let resumed = this.checkpoint;
    const snapshot: Presence[] = [];
    const missed: Sighting[] = [];
    const begun = (): ViewerStretch => {
      const stretch: ViewerStretch = {
        ...{ viewerId: this.viewerId, ...facts, askedAt, currentAt: Date.now() },
        isResumed: resumed !== undefined,
        snapshot: resumed?.picture ?? snapshot,
        sightings: missed,
      };
      this.access.stretches.push(stretch);
      return stretch;
    };
    try {
      for (;;) {
        const message = await reader.next();
        if (message.sync === Sync.SYNC_RESET) resumed = undefined;
        snapshot.push(...message.snapshot);
        const sightings = sightingsIn(message, this.current === undefined);
        (this.current?.sightings ?? missed).push(...sightings);
        if (message.sync === Sync.SYNC_CURRENT) {
          clearTimeout(timer);
          this.current = begun();
        }
        this.remember(message.resumeToken);
      }
    } catch {
      // The stream has ended. The viewer tries the next node. What came before SYNC_CURRENT is checked as well.
      if (this.current === undefined) begun().until = Date.now();
    } finally {
      clearTimeout(timer);
    }
  }

  private remember(token: string): void {
    if (token === '' || this.current === undefined) return;
    const { snapshot, sightings } = this.current;
    this.checkpoint = {
      token,
      picture: [...pictureOf({ snapshot, deliveries: sightings }).values()],
    };
  }
}

function sightingsIn({ events }: SubscribeResponse, isMissed: boolean): readonly Sighting[] {
  const receivedAt = Date.now();
  return events.map((event): Sighting => {
    const { presence, occurredAt, reason, change } = event;
    return {
      at: receivedAt,
      receivedAt,
      occurredAt: msOf(occurredAt)!,
      kind: change!.$case,
      reason,
      presence: presence!,
      isMissed,
      named: channelsNamedIn(event),
    };
  });
}

/** Returns all channels that an event names, in whatever field. */
function channelsNamedIn({ presence, change }: PresenceEvent): readonly string[] {
  const named = namedIn(presence!);
  if (change?.$case !== 'userChannelChanged') return named;
  const { previousChannelId, joinedChannelIds, leftChannelIds } = change.value;
  const previous = previousChannelId === undefined ? [] : [previousChannelId];
  return [...named, ...previous, ...joinedChannelIds, ...leftChannelIds];
}

export function namedIn({ currentChannelId, channelIds }: Presence): readonly string[] {
  return currentChannelId === undefined ? channelIds : [currentChannelId, ...channelIds];
}
