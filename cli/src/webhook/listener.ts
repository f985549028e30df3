import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { problemWith } from './signature.js';

/** The maximum size of a request. The service sends at most 256 KiB of events. */
const MAX_BODY_BYTES = 1024 * 1024;

/** The number of event ids that the listener remembers to recognize repetitions. */
const REMEMBERED_IDS = 10_000;

/** An event of a webhook, a CloudEvent in JSON, as far as this program reads it. */
export interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly time?: string;
  readonly data?: unknown;
}

interface ListenerOptions {
  readonly secrets: readonly Buffer[];
  /** Called for each event. `isRepeated`: an event with this id has arrived before. */
  readonly onEvent: (event: CloudEvent, isRepeated: boolean) => void;
  /** Called for each request that is not accepted. */
  readonly onRejected: (problem: string) => void;
}

/** A response to a request, with a reason if it is an error. */
interface Answer {
  readonly status: number;
  readonly problem?: string;
}

/** Creates a server that takes webhooks of the service, verifies them, and answers 204. */
export function webhookListener({ secrets, onEvent, onRejected }: ListenerOptions): Server {
  const seen = new Set<string>();
  const take = (event: CloudEvent): void => {
    onEvent(event, seen.has(event.id));
    seen.add(event.id);
    for (const id of seen) {
      if (seen.size <= REMEMBERED_IDS) break;
      seen.delete(id);
    }
  };
  const answerTo = async (request: IncomingMessage): Promise<Answer> => {
    if (request.method !== 'POST') return { status: 405, problem: 'it is not a POST' };
    const body = await bodyOf(request);
    if (body === undefined) return { status: 413, problem: 'its body is too large' };
    const problem = problemWith(request.headers, body, secrets, Date.now());
    if (problem !== undefined) return { status: 401, problem };
    const events = eventsIn(body.toString());
    if (events === undefined)
      return { status: 400, problem: 'its body is no batch of CloudEvents' };
    events.forEach(take);
    return { status: 204 };
  };
  return createServer((request: IncomingMessage, response: ServerResponse) => {
    answerTo(request).then(
      ({ status, problem }) => {
        if (problem !== undefined) onRejected(problem);
        response.writeHead(status, { 'content-type': 'text/plain' }).end(problem);
      },
      // The sender has ended the connection.
      () => response.destroy(),
    );
  });
}

/** Returns the body, or undefined if it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size <= MAX_BODY_BYTES) parts.push(part);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(parts) : undefined;
}

function eventsIn(text: string): CloudEvent[] | undefined {
  try {
    const events: unknown = JSON.parse(text);
    return Array.isArray(events) && events.every(isEvent) ? events : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is CloudEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { id, type } = value as Record<string, unknown>;
  return typeof id === 'string' && typeof type === 'string';
}
