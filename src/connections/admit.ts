import type { Socket } from 'node:net';
import type { Admission } from './admission.js';
import type { Cuts } from './cuts.js';
import { networkOf } from './network.js';

/** A connection that was let in. */
export interface Admitted {
  /** Whom it is counted for. Undefined: nobody, as with a Unix socket. */
  readonly network: string | undefined;
}

/** Lets a connection in for as long as it lasts, or turns it away when there are too many. */
export function admit(
  socket: Socket,
  admission: Admission,
  cuts: Pick<Cuts<'full' | 'network_full'>, 'add'>,
): Admitted | undefined {
  const network = socket.remoteAddress && networkOf(socket.remoteAddress);
  const full = admission.enter(network);
  if (full !== undefined) {
    cuts.add(full, network);
    socket.destroy();
    return undefined;
  }
  socket.once('close', () => admission.leave(network));
  return { network };
}
