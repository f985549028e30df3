import { createClient, type Client, type Transport } from '@connectrpc/connect';
import { checkObject } from './arguments.js';
import { EventsService } from './generated/presence/v1/events_service_pb.js';
import { PresenceService } from './generated/presence/v1/presence_service_pb.js';
import { SessionService } from './generated/presence/v1/session_service_pb.js';

/** A transport of Connect, or what makes one: then a new place is connected to over a new connection. */
export type TransportOption = Transport | (() => Transport);

/** The services over one transport. */
export interface Services {
  readonly sessions: Client<typeof SessionService>;
  readonly presences: Client<typeof PresenceService>;
  readonly events: Client<typeof EventsService>;
}

/** The transport that calls go over now. */
export class Transports {
  private services: Services | undefined;

  constructor(private readonly option: TransportOption) {
    // A mistake in it is reported at once.
    this.services = this.make();
  }

  /** Throws the error of a program that fails to make another transport, until it makes one. */
  get current(): Services {
    return (this.services ??= this.make());
  }

  /** Has the next calls go over a new transport, unless another call has already seen to it. */
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
    };
  }
}
