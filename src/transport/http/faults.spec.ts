import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Observable, of } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connections } from '../connections/connections.js';
import { CallMemory } from '../connections/call-memory.js';
import { CapturedLog } from '../../../test/support/captured-log.js';
import { bodyOf, callOverHttp, CONTENT_TYPES } from '../../../test/support/http-call.js';
import { packageDefinition } from '../../api/codecs.js';
import type { Handler } from '../call/handler.js';
import { negotiateFormat } from './content-negotiation.js';

import { serveCall } from './serve-call.js';

const service = packageDefinition()['presence.v1.SessionService']!;
const METHODS = { unary: service['ListSessions']!, stream: service['Connect']! };

const boom = (): never => {
  throw new Error('boom');
};

/** A value that no codec can encode. */
const NO_MESSAGE = { sessions: 1, body: { $case: 'sessionStarted', value: { session: 1 } } };

const HANDLERS: Readonly<Record<string, Handler>> = {
  'a handler that rejects': async () => boom(),
  'a source that throws': async () => new Observable(boom),
  'a message that cannot be encoded': async () => of(NO_MESSAGE),
  'a status that cannot be written': async () =>
    new Observable((observer) =>
      observer.error({ code: 10, message: 'x', metadata: { get: boom } }),
    ),
  'a listener that throws': async (_request, _metadata, stream) => {
    const { response } = stream as { readonly response: NodeJS.EventEmitter };
    response.on('boom', boom).emit('boom');
    return new Observable();
  },
};

const CALLS = Object.entries(CONTENT_TYPES).flatMap(([kind, types]) =>
  types.flatMap((type) =>
    Object.keys(HANDLERS).map((name) => [name, kind as keyof typeof METHODS, type] as const),
  ),
);

describe('An exception while an HTTP call is served', () => {
  let log: CapturedLog;
  let server: Server;
  beforeEach(() => void (log = CapturedLog.start()));
  afterEach(async () => {
    // Whatever the call still logs belongs to its own test.
    server.closeAllConnections();
    await promisify(server.close.bind(server))();
    log.restore();
  });

  it.each(CALLS)('ends that call with INTERNAL: %s (%s, %s)', async (name, kind, type) => {
    const method = {
      ...{ handler: HANDLERS[name]!, definition: METHODS[kind] },
      maxRequestBytes: 1000,
    };
    server = createServer((request, response) =>
      serveCall(method, negotiateFormat(type, kind === 'stream')!, request, response, {
        callTimeoutMs: 10_000,
        connections: { callMemory: new CallMemory(1e6), calls: {} as Connections['calls'] },
      }),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const message = type.endsWith('json') ? '{}' : '';
    const url = `http://127.0.0.1:${port}`;
    const { text } = await callOverHttp(url, type, bodyOf(type, message));
    expect(text).toMatch(/"internal"|grpc-status: 13/);
    expect(text).not.toMatch(/boom/);
    expect(log.text.split('An internal error ended a call')).toHaveLength(2);
  });
});
