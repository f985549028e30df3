import { Injectable, Logger } from '@nestjs/common';
import type { Reset } from '@presence-service/client';
import { OnPresence, OnPresenceReset, type PresenceEventOf } from '@presence-service/nestjs';
import { Database } from './database.js';

/** Keeps the table of when users were last seen, also across restarts of the backend. */
@Injectable()
export class LastSeen {
  private readonly logger = new Logger(LastSeen.name);

  constructor(private readonly database: Database) {}

  /** The module saves the position after the event, and that writes the table. */
  @OnPresence('userOffline')
  store({ userId, occurredAt, reason }: PresenceEventOf<'userOffline'>): void {
    this.database.tables.lastSeen[userId] = (occurredAt ?? new Date()).toISOString();
    this.logger.log(`${userId} went offline: ${reason}`);
  }

  /** The lost events would have said when users went offline, so the table keeps the times that it has. */
  @OnPresenceReset()
  begin({ reason, presences }: Reset): void {
    this.logger.log(`${presences.length} users are online (${reason})`);
  }

  of(userId: string): string | undefined {
    return this.database.tables.lastSeen[userId];
  }
}
