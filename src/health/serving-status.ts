import type { Server } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { HealthImplementation } from 'grpc-health-check';
import { PresenceStore } from '../store/presence-store.js';
import { restrictServices } from './known-services.js';

/** Interval in milliseconds at which the status of the store is checked. */
const CHECK_INTERVAL_MS = 250;

/** Whether the service accepts new work: the same status for gRPC health checks and for HTTP readiness. */
@Injectable()
export class ServingStatus {
  private readonly health = new HealthImplementation();
  /** The services with a health status. The empty name stands for the server. */
  private services: readonly string[] = [''];
  private isOpen = false;
  private published: 'SERVING' | 'NOT_SERVING' | undefined;

  constructor(private readonly store: PresenceStore) {
    this.publish();
  }

  /** Whether the server has started and is not draining. */
  get isServing(): boolean {
    return this.isOpen;
  }

  /** A description of the problem of the store. Undefined if there is none. */
  get storeProblem(): string | undefined {
    return this.store.status.problem;
  }

  set(isOpen: boolean): void {
    this.isOpen = isOpen;
    this.publish();
  }

  /** Adds `grpc.health.v1.Health` for the services of this server. It needs no token. */
  addToServer(server: Server, services: readonly string[]): void {
    this.services = ['', ...services];
    this.health.addToServer(restrictServices(this.services, server));
    this.published = undefined;
    this.publish();
  }

  @Interval(CHECK_INTERVAL_MS)
  publish(): void {
    const status = this.isOpen && this.storeProblem === undefined ? 'SERVING' : 'NOT_SERVING';
    if (status === this.published) return;
    this.published = status;
    for (const service of this.services) this.health.setStatus(service, status);
  }
}
