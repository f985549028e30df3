import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallMemory } from '../connections/call-memory.js';
import { readBody } from './request-body.js';

const KB = 1024;
const MAX_BYTES = 1024 * KB;

describe('The body of a request', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Starts a request whose body is incomplete, and returns both of its ends. */
  async function begin(body: Buffer) {
    const client = request({ port: (server.address() as AddressInfo).port, method: 'POST' });
    client.on('error', () => {}).write(body);
    const [arriving] = (await once(server, 'request')) as [IncomingMessage];
    return { client, arriving };
  }

  it('has the bytes that the client sent', async () => {
    const sent = Buffer.alloc(200 * KB, 'abc');
    const { client, arriving } = await begin(sent);
    client.end();
    expect(
      await readBody(
        arriving,
        MAX_BYTES,
        new CallMemory(2 * MAX_BYTES).open(() => {}),
      ),
    ).toEqual(sent);
  });

  it('is rejected when it is too large, and read to its end, so that the answer gets through', async () => {
    const { client, arriving } = await begin(Buffer.alloc(MAX_BYTES + 1));
    await expect(
      readBody(
        arriving,
        MAX_BYTES,
        new CallMemory(2 * MAX_BYTES).open(() => {}),
      ),
    ).rejects.toThrow(/larger than 1048576 bytes/);
    client.end(Buffer.alloc(KB));
    await once(arriving, 'end');
  });

  it('is rejected when others hold too much, and counts no longer when its client goes', async () => {
    const held = new CallMemory(110 * KB);
    const first = await begin(Buffer.alloc(90 * KB));
    const account = held.open(() => {});
    first.arriving.once('close', () => account.release());
    const lost = readBody(first.arriving, MAX_BYTES, account);
    await once(first.arriving, 'data');
    const second = await begin(Buffer.alloc(90 * KB));
    await expect(
      readBody(
        second.arriving,
        MAX_BYTES,
        held.open(() => {}),
      ),
    ).rejects.toThrow(/too many requests are incomplete/);
    first.client.destroy();
    await expect(lost).rejects.toThrow('was interrupted');
    const third = await begin(Buffer.alloc(90 * KB));
    third.client.end();
    expect(
      await readBody(
        third.arriving,
        MAX_BYTES,
        held.open(() => {}),
      ),
    ).toHaveLength(90 * KB);
  });
});
