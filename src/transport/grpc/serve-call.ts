import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Metadata } from '@grpc/grpc-js';
import { isObservable, lastValueFrom, of, Subscription, type Observable } from 'rxjs';
import { callMetadata } from '../call/call-metadata.js';
import { enforceDeadline } from '../call/deadline.js';
import { endFaulty } from '../call/fault-isolation.js';
import type { ServedMethod } from '../call/handler.js';
import { requestIdFrom } from '../call/request-id.js';
import {
  transportError,
  unreadResponses,
  type FailedStatus,
  type StatusError,
} from '../call/status-error.js';
import type { WatchedCall } from '../connections/call-watchdog.js';
import { CallStream } from './grpc-server-stream.js';
import { timeoutOf } from './header-validation.js';
import { readMessage, type MessageReceiver } from './request-message.js';
import { ResponseWriter } from './response-writer.js';

/** The part of `WatchedCall` that a call reports to. */
export type CallWatch = Pick<
  WatchedCall,
  'countRequest' | 'serve' | 'countResponse' | 'forget' | 'close'
>;

/**
 * Serves a call of the contract on its HTTP/2 stream, as grpc-js would, but without the allocations and copies that
 * grpc-js makes for each call. The headers must be valid. `watched` is undefined if the connection is closed. An exception
 * ends only this call.
 *
 * This class does not buffer messages. Nest would buffer them without limit for a client that reads slowly. Every source of
 * a stream checks `isReady` before it emits.
 */
export function serveCall(
  method: ServedMethod,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  watched: CallWatch | undefined,
): void {
  const call = new GrpcCall(method, stream, headers, watched);
  // An error of a stream also closes it, and `close` has a listener.
  stream.on('error', ignore);
  stream.on('close', () => call.close());
  const encoding = String(headers['grpc-encoding'] ?? 'identity');
  readMessage(stream, encoding, method.maxRequestBytes, call);
}

function ignore(): void {}

/** A call of the contract. */
export class GrpcCall implements MessageReceiver {
  private readonly metadata: Metadata;
  private readonly response: ResponseWriter;
  /** The messages of a stream, and the timer of the RPC deadline. They end with the call. */
  private lifetime: Subscription | undefined;

  constructor(
    private readonly method: ServedMethod,
    private readonly stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    private watched: CallWatch | undefined,
  ) {
    this.metadata = callMetadata((name) => headers[name]);
    this.response = new ResponseWriter(stream, method.definition.responseSerialize);
    const timeoutMs = timeoutOf(headers);
    if (timeoutMs === undefined) return;
    this.lifetime = new Subscription();
    enforceDeadline(timeoutMs, this.lifetime, this.response);
  }

  close(): void {
    this.lifetime?.unsubscribe();
    this.watched?.close();
  }

  receiving(bytes: number): void {
    this.watched?.countRequest(bytes);
  }

  received(message: Buffer): void {
    // The client has disconnected, or the RPC deadline has passed.
    if (!this.stream.writable) return;
    const { requestDeserialize, responseStream } = this.method.definition;
    this.watched?.serve();
    const request = requestDeserialize(message);
    const served = responseStream ? this.serveStream(request) : this.serveUnary(request);
    served.catch((error: unknown) => endFaulty(this.stream, error));
  }

  rejected({ status }: StatusError): void {
    // Reads and drops the rest of the request. A client may read the status only after it has sent everything.
    this.stream.resume();
    this.response.error(status);
  }

  private async serveStream(request: unknown): Promise<void> {
    const { stream, metadata, response } = this;
    try {
      const result = await this.method.handler(request, metadata, new CallStream(stream));
      // Nest keeps the metadata while the stream is open, and the token is the largest part of it.
      metadata.remove('authorization');
      if (!stream.writable) return;
      response.begin(requestIdFrom(metadata));
      const messages = (isObservable(result) ? result : of(result)).subscribe(response);
      if (this.lifetime === undefined) this.lifetime = messages;
      else this.lifetime.add(messages);
    } finally {
      this.watched?.forget();
      this.watched = undefined;
    }
  }

  private async serveUnary(request: unknown): Promise<void> {
    const result = await this.method.handler(request, this.metadata, this.stream);
    if (!isObservable(result)) return this.respond(result);
    const ended = await endOf(result);
    if ('failure' in ended) this.fail(ended.failure);
    else this.respond(ended.response);
  }

  private respond(response: unknown): void {
    let message: Buffer;
    try {
      message = this.method.definition.responseSerialize(response);
    } catch {
      return this.fail(transportError('INTERNAL_ERROR', 'Error serializing response').status);
    }
    if (!this.stream.writable) return;
    if (this.watched?.countResponse(message.length) === false)
      return this.fail(unreadResponses().status);
    this.response.finishWith(message, requestIdFrom(this.metadata));
  }

  private fail(failure: FailedStatus): void {
    const requestId = requestIdFrom(this.metadata);
    if (requestId !== undefined && this.stream.writable) this.response.begin(requestId);
    this.response.error(failure);
  }
}

function endOf(
  result: Observable<unknown>,
): Promise<{ readonly response: unknown } | { readonly failure: FailedStatus }> {
  return lastValueFrom(result).then(
    (response) => ({ response }),
    (failure: FailedStatus) => ({ failure }),
  );
}
