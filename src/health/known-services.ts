import type { handleServerStreamingCall, handleUnaryCall, Server } from '@grpc/grpc-js';
import { transportError } from '../transport/call/status-error.js';
import { http2StreamOf } from '../transport/grpc/http2-stream.js';

/** The request of `Check` and of `Watch`. */
interface Named {
  readonly service: string;
}

/**
 * Returns a proxy for the server to which the health library adds its service. It forwards only requests for known
 * services. Any client can send any name without a token: the library would copy a long name into the status message,
 * which ends the connection for all calls on it, and would keep every watched name in memory.
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
    else callback(transportError('SERVICE_NOT_FOUND', 'unknown service').status);
  };
}

/** An unknown service never becomes known later, so the stream only gets this one status. */
function watchKnown(
  services: readonly string[],
  watch: handleServerStreamingCall<Named, object>,
): handleServerStreamingCall<Named, object> {
  return (call) => {
    // A call that ended before its request was complete is still passed to the handler, and no event follows that
    // would end the watch.
    if (!http2StreamOf(call).writable) return;
    if (services.includes(call.request.service)) watch(call);
    else call.write({ status: 'SERVICE_UNKNOWN' });
  };
}
