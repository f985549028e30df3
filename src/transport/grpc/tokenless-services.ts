import type {
  Server,
  ServerDuplexStream,
  ServerWritableStream,
  ServiceDefinition,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import type { CallWatchdog } from '../connections/call-watchdog.js';
import type { TokenlessStreams } from '../connections/tokenless-streams.js';
import { transportError } from '../call/status-error.js';
import { http2StreamOf } from './http2-stream.js';

type StreamingCall = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;
type HandleStream = (call: StreamingCall) => void;

/**
 * Returns a wrapper of a server to which libraries add services without a token (health and reflection). It limits the
 * streams of these services, because the libraries let any client open any number of streams.
 */
export function withBoundedStreams(
  server: Server,
  streams: TokenlessStreams,
  calls: Pick<CallWatchdog, 'release'>,
): Server {
  const stand: Pick<Server, 'addService'> = {
    addService: (definition, handlers) => {
      const bounded = Object.entries(handlers).map(([name, handler]) => {
        const isStream = methodOf(definition, name).responseStream;
        return [name, isStream ? bound(handler as HandleStream, streams, calls) : handler];
      });
      server.addService(definition, Object.fromEntries(bounded) as typeof handlers);
    },
  };
  return stand as Server;
}

/**
 * Returns the definition of a method. `name` is its name in the .proto file (`Check`) or in JavaScript (`check`).
 */
function methodOf(definition: ServiceDefinition, name: string): ServiceDefinition[string] {
  const method =
    definition[name] ?? Object.values(definition).find(({ originalName }) => originalName === name);
  if (method === undefined) throw new Error(`there is no method ${name}`);
  return method;
}

function bound(
  handle: HandleStream,
  streams: TokenlessStreams,
  calls: Pick<CallWatchdog, 'release'>,
): UntypedHandleCall {
  return (call: StreamingCall) => {
    const stream = http2StreamOf(call);
    // grpc-js also passes on a call that ended before its request was complete. Its stream will not emit `close` again,
    // so its slot would never be released.
    if (!stream.writable || stream.session === undefined) return;
    const acquired = streams.acquire(stream.session);
    if (typeof acquired === 'string') {
      call.emit('error', transportError('TOO_MANY_TOKENLESS_STREAMS', acquired).status);
      return;
    }
    stream.once('close', acquired);
    calls.release(stream);
    if ('pause' in call) respondOnlyAsRead(call);
    handle(call);
  };
}

/** Pauses the requests of a client while it does not read the responses. */
function respondOnlyAsRead(call: ServerDuplexStream<unknown, unknown>): void {
  const write = call.write.bind(call) as (message: unknown) => boolean;
  call.write = (message: unknown): boolean => {
    const isReady = write(message);
    if (!isReady) {
      call.pause();
      call.once('drain', () => call.resume());
    }
    return isReady;
  };
}
