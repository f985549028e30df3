import { createClient, type Client, type Transport } from '@connectrpc/connect';
import { checkObject } from './arguments.js';
import { EventsService } from './generated/presence/v1/events_service_pb.js';
import { ModerationService } from './generated/presence/v1/moderation_service_pb.js';
import { PresenceService } from './generated/presence/v1/presence_service_pb.js';
import { SessionService } from './generated/presence/v1/session_service_pb.js';

/**
 * A transport of Connect, or a function that creates one. A function lets the client reach another node over a new
 * connection.
 */
export type TransportOption = Transport | (() => Transport);

/** The clients of all services over one transport. */
export interface Services {
  readonly sessions: Client<typeof SessionService>;
  readonly presences: Client<typeof PresenceService>;
  readonly events: Client<typeof EventsService>;
  readonly moderation: Client<typeof ModerationService>;
}

/** Holds the transport that calls use now. */
export class Transports {
  private services: Services | undefined;

  constructor(private readonly option: TransportOption) {
    // Created at once, so that an invalid transport is reported immediately.
    this.services = this.make();
  }

  /** Throws the error of the program on every access until the program creates another transport. */
  get current(): Services {
    return (this.services ??= this.make());
  }

  /** Makes the next calls use a new transport, unless another call has already replaced `services`. */
  rotate(services: Services | undefined): void {
    if (this.services === services && typeof this.option === 'function') this.services = undefined;
  }

  private make(): Services {
    const transport = typeof this.option === 'function' ? this.option() : this.option;
    checkObject(transport, 'transport', 'unary', 'stream');
    return {
      sessions: createClient(SessionService, transport),
      presences: createClient(PresenceService, transport),
      events: createClient(EventsService, transport),
      moderation: createClient(ModerationService, transport),
    };
  }
}
