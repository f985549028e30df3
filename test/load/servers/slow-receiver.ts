// A receiver of webhooks that takes every request after RESPONSE_MS milliseconds, and tells its port to the parent process.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const responseMs = Number(process.env['RESPONSE_MS']);
const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => setTimeout(() => response.writeHead(204).end(), responseMs));
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
