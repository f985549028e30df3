import type { Socket } from 'node:net';
import type { ConnectionLimiter } from './connection-limiter.js';
import type { DisconnectLog } from './disconnect-log.js';
import { addressKey } from './address-key.js';

/** A connection that was let in. */
export interface Admitted {
  /** Whom it is counted for. Undefined: nobody, as with a Unix socket. */
  readonly network: string | undefined;
  /** Makes room for another at once. It does so by itself when the connection has closed. */
  leave(): void;
}

/**
 * Lets a connection in for as long as it lasts, or turns it away when there are too many. `makeRoom` may close another
 * that can be spared, of that network if one is given; it returns whether there was one.
 */
export function admit(
  socket: Socket,
  admission: ConnectionLimiter,
  cuts: Pick<DisconnectLog<'full' | 'network_full'>, 'add'>,
  makeRoom: (network: string | undefined) => boolean = () => false,
): Admitted | undefined {
  const network = socket.remoteAddress && addressKey(socket.remoteAddress);
  let full = admission.enter(network);
  if (full !== undefined && makeRoom(full === 'full' ? undefined : network)) {
    full = admission.enter(network);
  }
  if (full !== undefined) {
    cuts.add(full, network);
    socket.destroy();
    return undefined;
  }
  let isIn = true;
  const leave = (): void => {
    if (isIn) admission.leave(network);
    isIn = false;
  };
  socket.once('close', leave);
  return { network, leave };
}
