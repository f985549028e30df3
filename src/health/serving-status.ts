import type { handleServerStreamingCall, Server } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { HealthImplementation } from 'grpc-health-check';
import { http2StreamOf } from '../grpc/http2-stream.js';
import { PresenceStore } from '../store/presence-store.js';

/** The services whose health is told, the server as a whole first. */
const SERVICES: readonly string[] = [
  '',
  'presence.v1.SessionService',
  'presence.v1.PresenceService',
  'presence.v1.EventsService',
];

interface Named {
  readonly service: string;
}

/** How often it is looked whether the store can be used. */
const LOOK_MS = 250;

/** Whether the service takes new work: one answer for gRPC health checks and for HTTP readiness. */
@Injectable()
export class ServingStatus {
  private readonly health = new HealthImplementation();
  private isOpen = false;
  private told: 'SERVING' | 'NOT_SERVING' | undefined;

  constructor(private readonly store: PresenceStore) {
    this.tell();
  }

  /** Whether the server has started and is not about to stop. */
  get isServing(): boolean {
    return this.isOpen;
  }

  /** What is wrong with the store. Undefined: nothing. */
  get storeProblem(): string | undefined {
    return this.store.report.problem;
  }

  set(isOpen: boolean): void {
    this.isOpen = isOpen;
    this.tell();
  }

  /** Adds `grpc.health.v1.Health`, which asks for no token. */
  addToServer(server: Server): void {
    const withKnownNames: Pick<Server, 'addService'> = {
      addService: (service, handlers) =>
        server.addService(service, {
          ...handlers,
          watch: watchKnown(handlers.watch as handleServerStreamingCall<Named, object>),
        }),
    };
    this.health.addToServer(withKnownNames);
  }

  @Interval(LOOK_MS)
  tell(): void {
    const status = this.isOpen && this.storeProblem === undefined ? 'SERVING' : 'NOT_SERVING';
    if (status === this.told) return;
    this.told = status;
    for (const service of SERVICES) this.health.setStatus(service, status);
  }
}

/**
 * The library never forgets a name that somebody has asked for, and anybody may ask. A service that there is not will
 * not come later, so that there is nothing to be told but this. Nor would it ever hear that a call is over which was so
 * before its request was whole, and which grpc-js hands on all the same.
 */
function watchKnown(
  watch: handleServerStreamingCall<Named, object>,
): handleServerStreamingCall<Named, object> {
  return (call) => {
    if (!http2StreamOf(call).writable) return;
    if (SERVICES.includes(call.request.service)) watch(call);
    else call.write({ status: 'SERVICE_UNKNOWN' });
  };
}
