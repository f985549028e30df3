import {
  status,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Server,
} from '@grpc/grpc-js';
import { http2StreamOf } from '../transport/grpc/http2-stream.js';

/** A request of `Check` or `Watch`. */
interface Named {
  readonly service: string;
}

/**
 * Stands for a server to which the library adds its health service, and lets through to that what asks for one of these
 * services. Anybody may ask, and by any name: the library repeats it in the status, of which a long one ends the
 * connection for all who share it, and never forgets it once it was watched.
 */
export function restrictServices(services: readonly string[], server: Server): Server {
  const stand: Pick<Server, 'addService'> = {
    addService: (definition, handlers) =>
      server.addService(definition, {
        ...handlers,
        check: checkKnown(services, handlers.check as handleUnaryCall<Named, object>),
        watch: watchKnown(services, handlers.watch as handleServerStreamingCall<Named, object>),
      }),
  };
  return stand as Server;
}

function checkKnown(
  services: readonly string[],
  check: handleUnaryCall<Named, object>,
): handleUnaryCall<Named, object> {
  return (call, callback) => {
    if (services.includes(call.request.service)) check(call, callback);
    else callback({ code: status.NOT_FOUND, details: 'there is no such service' });
  };
}

/** A service that there is not will not come later, so that there is nothing to be told but this. */
function watchKnown(
  services: readonly string[],
  watch: handleServerStreamingCall<Named, object>,
): handleServerStreamingCall<Named, object> {
  return (call) => {
    // Over before its request was whole, and handed on all the same: nothing would ever say again that it is over.
    if (!http2StreamOf(call).writable) return;
    if (services.includes(call.request.service)) watch(call);
    else call.write({ status: 'SERVICE_UNKNOWN' });
  };
}
