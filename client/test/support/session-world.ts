import { Code, ConnectError } from '@connectrpc/connect';
import {
  createPresenceClient,
  type PresenceClient,
  type PresenceClientOptions,
  type Session,
  type SessionState,
} from '@presence-service/client';
import { FakeService } from './fake-service.js';
import { ManualTimers } from './manual-timers.js';
import { tokenNumber } from './tokens.js';

/** Clients of one user, and the service that they call. */
export class SessionWorld {
  readonly timers = new ManualTimers();
  readonly service = new FakeService(() => this.timers.now());
  /** The number of transports that clients have created. */
  transports = 0;
  /** The number of tokens that clients have requested. */
  tokens = 0;

  client(options: Partial<PresenceClientOptions> = {}): PresenceClient {
    return createPresenceClient({
      transport: () => {
        this.transports++;
        return this.service.transport;
      },
      token: () => tokenNumber(++this.tokens),
      timers: this.timers,
      random: () => 1,
      ...options,
    });
  }

  async online(options: Partial<PresenceClientOptions> = {}): Promise<Session> {
    const session = this.client(options).connect();
    await session.ready;
    return session;
  }
}

/** Returns a list to which the state of a session and each later one is added. */
export function statesOf(session: Session): string[] {
  const states: string[] = [];
  session.state.subscribe((state) => states.push(inWords(state)));
  return states;
}

export function inWords(state: SessionState): string {
  switch (state.status) {
    case 'online':
      return `online as ${state.sessionId}`;
    case 'reconnecting':
      return `${state.error.code}, again in ${state.retryInMs}`;
    case 'closed':
      return `closed: ${state.reason}`;
    case 'connecting':
      return state.status;
  }
}

export const unavailable = (): ConnectError => new ConnectError('out of reach', Code.Unavailable);
export const rejectedToken = (): ConnectError =>
  new ConnectError('token expired', Code.Unauthenticated);
export const unknownSession = (): ConnectError =>
  new ConnectError('no such session', Code.NotFound);
