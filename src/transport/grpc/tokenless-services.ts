import {
  status,
  type Server,
  type ServerDuplexStream,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import type { CallWatchdog } from '../connections/call-watchdog.js';
import type { TokenlessStreams } from '../connections/tokenless-streams.js';
import { http2StreamOf } from './http2-stream.js';

type StreamingCall = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;
type HandleStream = (call: StreamingCall) => void;

/**
 * Stands for a server to which libraries add services that ask for no token, health and reflection. Bounds the streams of
 * all of them: a library that lets anybody open one lets anybody open any number.
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

/** A handler goes by the name of its method in the contract, or as JavaScript would spell it. */
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
    // Over before its request was whole, and handed on all the same: nothing would ever say again that it is over.
    if (!stream.writable || stream.session === undefined) return;
    const entered = streams.enter(stream.session);
    if (typeof entered === 'string') {
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: entered });
      return;
    }
    stream.once('close', entered);
    calls.release(stream);
    if ('pause' in call) answerOnlyAsRead(call);
    handle(call);
  };
}

/** Takes no more requests from a client while it does not read the answers. */
function answerOnlyAsRead(call: ServerDuplexStream<unknown, unknown>): void {
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
