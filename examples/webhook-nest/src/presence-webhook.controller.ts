import { Body, Controller, HttpCode, HttpStatus, Post, UseGuards } from '@nestjs/common';
import type { CloudEvent } from './cloud-event.js';
import { EventInbox } from './event-inbox.js';
import { PresenceService } from './presence.service.js';
import { SignatureGuard } from './signature.guard.js';

@Controller('webhooks/presence')
export class PresenceWebhookController {
  constructor(
    private readonly inbox: EventInbox,
    private readonly presences: PresenceService,
  ) {}

  /**
   * The events of a user are in order, so they are handled one after the other. If one fails, Nest answers 500, and the
   * service sends the batch again.
   */
  @Post()
  @UseGuards(SignatureGuard)
  @HttpCode(HttpStatus.NO_CONTENT)
  async receive(@Body() events: readonly CloudEvent[]): Promise<void> {
    for (const event of events) {
      await this.inbox.once(event.id, () => this.presences.handle(event));
    }
  }
}
