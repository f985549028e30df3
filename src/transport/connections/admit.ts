import type { Socket } from 'node:net';
import type { ConnectionLimiter } from './connection-limiter.js';
import type { DisconnectLog } from './disconnect-log.js';
import { addressKey } from './address-key.js';

/** An accepted connection. */
export interface Admitted {
  /** The key under which the connection is counted. Undefined for a Unix socket, which counts for no network. */
  readonly network: string | undefined;
  /** Releases the slot of the connection at once. This happens automatically when the socket closes. */
  release(): void;
}

/**
 * Accepts a connection and counts it until it closes, or destroys its socket when a limit is reached. `makeRoom` may
 * first close a connection that is not needed (of the given network, if one is given), and returns whether it closed
 * one.
 */
export function admit(
  socket: Socket,
  admission: ConnectionLimiter,
  disconnects: Pick<DisconnectLog<'max_connections' | 'max_connections_per_address'>, 'add'>,
  makeRoom: (network: string | undefined) => boolean = () => false,
): Admitted | undefined {
  const network = socket.remoteAddress && addressKey(socket.remoteAddress);
  let full = admission.acquire(network);
  if (full !== undefined && makeRoom(full === 'max_connections' ? undefined : network)) {
    full = admission.acquire(network);
  }
  if (full !== undefined) {
    disconnects.add(full, network);
    socket.destroy();
    return undefined;
  }
  let isHeld = true;
  const release = (): void => {
    if (isHeld) admission.release(network);
    isHeld = false;
  };
  socket.once('close', release);
  return { network, release };
}
