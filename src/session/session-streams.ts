import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { EndCause } from '../domain/input.js';
import { Refusal } from '../domain/refusal.js';
import { PresenceStore } from '../store/presence-store.js';
import type { SessionStream } from './session-stream.js';

/** How often it is looked which streams have been quiet for long enough to need a heartbeat. */
const HEARTBEAT_CHECK_MS = 250;

/** The `Connect` streams of this node, by session. A session that is no more takes its stream with it. */
@Injectable()
export class SessionStreams {
  private readonly streams = new Map<string, SessionStream>();

  constructor(store: PresenceStore) {
    store.onCommit(({ ended }) => {
      for (const { sessionId, cause } of ended) this.streams.get(sessionId)?.end(refusalFor(cause));
    });
  }

  /** How many sessions this node holds. */
  get size(): number {
    return this.streams.size;
  }

  /** Returns the way to take the stream out again. */
  add(sessionId: string, stream: SessionStream): () => void {
    this.streams.set(sessionId, stream);
    return () => this.streams.delete(sessionId);
  }

  /** Keeps intermediaries from closing a stream on which nothing happens, and asks for signs of life. */
  @Interval(HEARTBEAT_CHECK_MS)
  sendHeartbeats(): void {
    for (const stream of this.streams.values()) stream.sendHeartbeatIfDue();
  }
}

function refusalFor(cause: EndCause): Refusal {
  switch (cause) {
    case 'TOKEN_EXPIRED':
      return new Refusal('TOKEN_EXPIRED', 'the token expired; connect again with a new one');
    case 'CONNECTION_LOST':
      return new Refusal('HEARTBEATS_MISSED', 'no heartbeat arrived in time; connect again');
    case 'NODE_LOST':
      return new Refusal('NODE_LOST', 'the server was out of reach; connect again');
    case 'SESSION_ENDED':
    case 'DISCONNECTED':
      return new Refusal('SESSION_ENDED', 'the session was ended');
  }
  return cause satisfies never;
}
