import type { Server } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { HealthImplementation } from 'grpc-health-check';

/** The services whose health is told, the server as a whole first. */
const SERVICES = [
  '',
  'presence.v1.SessionService',
  'presence.v1.PresenceService',
  'presence.v1.EventsService',
] as const;

/** Whether the service takes new work: one answer for gRPC health checks and for HTTP readiness. */
@Injectable()
export class ServingStatus {
  private readonly health = new HealthImplementation();
  private serving = false;

  constructor() {
    this.set(false);
  }

  get isServing(): boolean {
    return this.serving;
  }

  set(isServing: boolean): void {
    this.serving = isServing;
    for (const service of SERVICES) {
      this.health.setStatus(service, isServing ? 'SERVING' : 'NOT_SERVING');
    }
  }

  /** Adds `grpc.health.v1.Health`, which asks for no token. */
  addToServer(server: Server): void {
    this.health.addToServer(server);
  }
}
