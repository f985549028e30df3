import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EnvelopedResponse } from './enveloped-response.js';
import { ResponseStream } from './response-stream.js';

/** More bytes than all buffers between server and client can hold. */
const TOO_MUCH = Buffer.alloc(64 * 1024 * 1024);

describe('The response to a client that does not read', () => {
  let server: Server;
  let client: Socket;
  let response: ServerResponse;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
    client.on('error', () => {}).write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  });
  afterEach(() => {
    client.destroy();
    server.close();
  });

  it('is disconnected when the client does not read its end', async () => {
    const stream = new ResponseStream(response);
    const answer = new EnvelopedResponse(stream, 'text/plain', 2, () => Buffer.from('the end'));
    answer.next(TOO_MUCH);
    expect(stream.isReady).toBe(false);
    answer.complete();
    expect(stream.isOpen).toBe(false);
    expect(response.writableFinished).toBe(false);
    await once(response, 'close');
  });
});
