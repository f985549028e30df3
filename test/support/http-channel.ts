import { EventEmitter } from 'node:events';
import { Agent } from 'node:http';
import { fromBinary, toBinary, type DescMethod } from '@bufbuild/protobuf';
import { ConnectError, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { Status } from '../../src/api/generated/google/rpc/status.pb.js';
import { SERVICES } from '../../src/api/codecs.js';
import type { Channel } from './channel.js';

const METHODS = new Map<string, DescMethod>(
  SERVICES.flatMap((service) =>
    service.methods.map((method) => [`/${service.typeName}/${method.name}`, method] as const),
  ),
);

/** The protocols of the API over HTTP, by name. */
export const HTTP_PROTOCOLS = {
  Connect: (options) => createConnectTransport({ ...options, useBinaryFormat: true }),
  'Connect with JSON': (options) => createConnectTransport({ ...options, useBinaryFormat: false }),
  'gRPC-Web': (options) => createGrpcWebTransport({ ...options, useBinaryFormat: true }),
  'gRPC-Web with JSON': (options) => createGrpcWebTransport({ ...options, useBinaryFormat: false }),
} satisfies Record<string, (options: TransportOptions) => Transport>;

export type HttpProtocol = keyof typeof HTTP_PROTOCOLS;

interface TransportOptions {
  readonly baseUrl: string;
  readonly httpVersion: '1.1';
  readonly nodeOptions: { readonly agent: Agent };
}

/** The names of all protocols. */
export const EVERY_PROTOCOL = Object.keys(HTTP_PROTOCOLS) as readonly HttpProtocol[];

/**
 * The API over HTTP with the interface of grpc-js, so that tests written for gRPC also run over
 * Connect and gRPC-Web. It uses the protocols in turn, with the client libraries of their authors.
 */
export class HttpChannel implements Channel {
  private readonly transports: readonly Transport[];
  private readonly agent = new Agent({ keepAlive: true });
  private calls = 0;

  constructor(address: string, protocols: readonly HttpProtocol[] = EVERY_PROTOCOL) {
    const options = {
      baseUrl: `http://${address}`,
      httpVersion: '1.1',
      nodeOptions: { agent: this.agent },
    } as const;
    this.transports = protocols.map((name) => HTTP_PROTOCOLS[name](options));
  }

  makeUnaryRequest: Channel['makeUnaryRequest'] = (
    path,
    serialize,
    deserialize,
    request,
    metadata,
    callback,
  ) => {
    const method = METHODS.get(path) as DescMethod & { methodKind: 'unary' };
    const message = fromBinary(method.input, serialize(request));
    this.nextTransport()
      .unary(method, undefined, undefined, headersOf(metadata), message)
      .then(
        ({ message: answer }) =>
          callback(null, deserialize(Buffer.from(toBinary(method.output, answer)))),
        (error: unknown) => callback(serviceErrorOf(error)),
      );
  };

  makeServerStreamRequest: Channel['makeServerStreamRequest'] = (
    path,
    serialize,
    deserialize,
    request,
    metadata,
    { deadline },
  ) => {
    const method = METHODS.get(path) as DescMethod & { methodKind: 'server_streaming' };
    const message = fromBinary(method.input, serialize(request));
    const abort = new AbortController();
    const timeoutMs = deadline === Infinity ? undefined : deadline - Date.now();
    const answers = this.nextTransport().stream(
      method,
      abort.signal,
      timeoutMs,
      headersOf(metadata),
      one(message),
    );
    const stream = new HttpCallStream(abort);
    void stream.run(async function* () {
      for await (const answer of (await answers).message) {
        yield deserialize(Buffer.from(toBinary(method.output, answer)));
      }
    });
    return stream;
  };

  close(): void {
    this.agent.destroy();
  }

  private nextTransport(): Transport {
    return this.transports[this.calls++ % this.transports.length]!;
  }
}

class HttpCallStream extends EventEmitter {
  private resumed = Promise.resolve();
  private wake = (): void => {};

  constructor(private readonly abort: AbortController) {
    super();
  }

  async run(answers: () => AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const answer of answers()) {
        this.emit('data', answer);
        await this.resumed;
      }
      this.emit('status', { code: status.OK, details: 'OK', metadata: new Metadata() });
    } catch (error) {
      this.emit('status', serviceErrorOf(error));
    }
  }

  cancel(): void {
    this.abort.abort();
  }

  pause(): void {
    this.resumed = new Promise((resolve) => (this.wake = resolve));
  }

  resume(): void {
    this.wake();
  }
}

/** Converts an error of Connect to an error of grpc-js. */
function serviceErrorOf(reason: unknown): ServiceError {
  const { code: number, rawMessage, details } = ConnectError.from(reason);
  // Both enums have the same numbers.
  const code: status = number as number;
  const metadata = new Metadata();
  if (details.length > 0) {
    const parts = details.flatMap((detail) =>
      'type' in detail
        ? [{ typeUrl: `type.googleapis.com/${detail.type}`, value: Buffer.from(detail.value) }]
        : [],
    );
    const bytes = Status.encode({ code, message: rawMessage, details: parts }).finish();
    metadata.set('grpc-status-details-bin', Buffer.from(bytes));
  }
  return Object.assign(new Error(rawMessage), {
    code,
    details: rawMessage,
    metadata,
  });
}

function headersOf(metadata: Metadata): Headers {
  return new Headers(
    Object.entries(metadata.getMap()).map(
      ([name, value]) => [name, String(value)] as [string, string],
    ),
  );
}

async function* one<T>(message: T): AsyncGenerator<T> {
  yield message;
}
