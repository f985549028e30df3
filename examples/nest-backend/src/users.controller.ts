import { Controller, Delete, ForbiddenException, Get, Param, Post } from '@nestjs/common';
import { PresenceClient, PresenceTokenService } from '@presence-service/nestjs';
import { Database } from './database.js';
import { LastSeen } from './last-seen.service.js';

/** A real backend checks who calls. This one believes everybody. */
@Controller()
export class UsersController {
  constructor(
    private readonly database: Database,
    private readonly lastSeen: LastSeen,
    private readonly presence: PresenceClient,
    private readonly tokens: PresenceTokenService,
  ) {}

  /** The token with which the program of a user calls the presence service. */
  @Get('users/:userId/token')
  token(@Param('userId') userId: string): string {
    if (this.database.tables.banned[userId]) throw new ForbiddenException('You were kicked.');
    return this.tokens.sign(userId, { groups: ['acme'], join: ['acme/*'], hours: 0.5 });
  }

  @Get('users/:userId')
  async user(@Param('userId') userId: string): Promise<object> {
    const { status } = await this.presence.get(userId);
    return { userId, status, lastSeen: this.lastSeen.of(userId) };
  }

  /** Ends all sessions of a user. The user gets no new tokens first, because a token that is issued later is valid. */
  @Post('users/:userId/kick')
  async kick(@Param('userId') userId: string): Promise<object> {
    this.database.tables.banned[userId] = true;
    await this.database.write();
    return { endedSessions: await this.presence.revokeTokens(userId) };
  }

  /** Removes a user from a channel. The user stays online, and may join again. */
  @Delete('channels/:channelId/members/:userId')
  async remove(
    @Param('channelId') channelId: string,
    @Param('userId') userId: string,
  ): Promise<object> {
    const { channelIds } = await this.presence.removeUser(userId, channelId);
    return { userId, channelIds };
  }
}
