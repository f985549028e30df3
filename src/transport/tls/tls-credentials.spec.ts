import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { Server } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { Authority } from '../../../test/support/certificates.js';
import { TlsFolder } from '../../../test/support/tls-folder.js';
import { TlsCredentials } from './certificate-watch.js';
import { readTlsMaterial } from './tls-material.js';

/** The beginning of a TLS handshake: the header of a record of 512 bytes. */
const BEGINNING = Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]);

describe('a handshake that does not come to its end', () => {
  let server: Server;
  let socket: Socket;
  beforeEach(async () => {
    const folder = await TlsFolder.with(await (await Authority.make('root')).server());
    const tls = new TlsCredentials(await readTlsMaterial(folder.files));
    await folder.remove();
    server = new Server();
    const port = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', tls);
    socket = connect(port, '127.0.0.1');
    // The client must read, because it would not notice the close behind an unread alert otherwise.
    socket.on('error', () => {}).resume();
    await once(socket, 'connect');
  });
  afterEach(() => {
    socket.destroy();
    server.forceShutdown();
  });

  it.each<[string, Buffer]>([
    ['says something else', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['says nothing but noise', randomBytes(4096)],
    ['announces a record that no handshake has', Buffer.from([0x16, 0x03, 0x01, 0xff, 0xff, 0x01])],
  ])('is over when the peer %s', async (_, bytes) => {
    socket.write(bytes);
    await once(socket, 'close');
  });

  it('is no matter when the peer resets its connection', async () => {
    socket.write(BEGINNING);
    socket.resetAndDestroy();
    await new Promise((resolve) => {
      server.tryShutdown(resolve);
    });
  });
});
