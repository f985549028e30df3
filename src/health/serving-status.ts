import type { Server } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { HealthImplementation } from 'grpc-health-check';
import { PresenceStore } from '../store/presence-store.js';
import { restrictServices } from './known-services.js';

/** The services whose health is told, the server as a whole first. */
const SERVICES = [
  '',
  'presence.v1.SessionService',
  'presence.v1.PresenceService',
  'presence.v1.EventsService',
];

/** How often it is looked whether the store can be used. */
const LOOK_MS = 250;

/** Whether the service takes new work: one answer for gRPC health checks and for HTTP readiness. */
@Injectable()
export class ServingStatus {
  private readonly health = new HealthImplementation();
  private isOpen = false;
  private published: 'SERVING' | 'NOT_SERVING' | undefined;

  constructor(private readonly store: PresenceStore) {
    this.publish();
  }

  /** Whether the server has started and is not about to stop. */
  get isServing(): boolean {
    return this.isOpen;
  }

  /** What is wrong with the store. Undefined: nothing. */
  get storeProblem(): string | undefined {
    return this.store.status.problem;
  }

  set(isOpen: boolean): void {
    this.isOpen = isOpen;
    this.publish();
  }

  /** Adds `grpc.health.v1.Health`, which asks for no token. */
  addToServer(server: Server): void {
    this.health.addToServer(restrictServices(SERVICES, server));
  }

  @Interval(LOOK_MS)
  publish(): void {
    const status = this.isOpen && this.storeProblem === undefined ? 'SERVING' : 'NOT_SERVING';
    if (status === this.published) return;
    this.published = status;
    for (const service of SERVICES) this.health.setStatus(service, status);
  }
}
