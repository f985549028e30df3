import type { Batch } from './batch.js';
import { retryAfterHeader } from './retry-schedule.js';
import { signatureOf } from './signature.js';

/** The result of a request: the class of the status, or why there is none. */
export type Outcome = '2xx' | '3xx' | '4xx' | '410' | '5xx' | 'timeout' | 'unreachable';

export interface DeliveryResult {
  readonly outcome: Outcome;
  /** Why the batch was not accepted, for the log. */
  readonly reason: string;
  /** Milliseconds that the receiver asks to wait before the next request. */
  readonly retryAfterMs?: number | undefined;
}

/** The number of bytes of a response that are read, so that its connection can be used again. */
const MAX_RESPONSE_BYTES = 1024;

export interface ReceiverOptions {
  readonly url: string;
  readonly keys: () => readonly Buffer[];
  /** The time for a request and its response, in milliseconds. */
  readonly timeoutMs: number;
  /** The wall clock in milliseconds, because receivers compare the timestamp with theirs. */
  readonly wall: () => number;
}

/** The HTTP client of the operator's backend. It never throws, follows no redirect, and reads little of a response. */
export class Receiver {
  constructor(private readonly options: ReceiverOptions) {}

  /** Sends a batch once. `signal` aborts the request. */
  async post({ id, body }: Batch, signal: AbortSignal): Promise<DeliveryResult> {
    const { url, keys, timeoutMs, wall } = this.options;
    const timestamp = Math.floor(wall() / 1000);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'manual',
        body,
        headers: {
          'content-type': 'application/cloudevents-batch+json',
          'user-agent': 'presence-service',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signatureOf(keys(), id, timestamp, body),
        },
        signal: AbortSignal.any([signal, timeout]),
      });
      const { status, headers } = response;
      await discard(response);
      return {
        outcome: outcomeOf(status),
        reason: `status ${status}`,
        retryAfterMs: retryAfterHeader(headers.get('retry-after'), wall()),
      };
    } catch (error) {
      if (timeout.aborted)
        return { outcome: 'timeout', reason: `no response within ${timeoutMs} ms` };
      return { outcome: 'unreachable', reason: reasonOf(error) };
    }
  }
}

function outcomeOf(status: number): Outcome {
  if (status === 410) return '410';
  // A response with a lower status would be an invalid one.
  return `${Math.min(5, Math.max(2, Math.floor(status / 100)))}xx` as Outcome;
}

/** Reads a short body to its end. A longer one is cancelled, which closes the connection. */
async function discard({ body }: Response): Promise<void> {
  if (body === null) return;
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  try {
    for (let bytes = 0; bytes <= MAX_RESPONSE_BYTES;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.byteLength;
    }
    await reader.cancel();
  } catch {
    // Only the status counts, even if the body is incomplete or late.
  }
}

/**
 * The message of an error of `fetch` is always "fetch failed"; its cause has the reason. The reason can repeat text of
 * the receiver.
 */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
