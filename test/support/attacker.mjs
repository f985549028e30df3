// Attacks a server from a separate process, so that the attack does not delay the honest clients of
// the test. Prints `over` with the responses that it received, and keeps its connections open until
// it is killed, for two minutes at most.
/* global fetch -- ESLint does not define the globals of Node here */
import { Buffer } from 'node:buffer';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as after } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const [kind, grpcAddress, httpUrl, connections, calls, ...tokens] = process.argv.slice(2);
const [host, port] = grpcAddress.split(':');
const MEGABYTE = 1024 * 1024;

const HEALTH = '/grpc.health.v1.Health/Watch';
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
const LIST = '/presence.v1.PresenceService/ListOnlineUsers';
const BATCH = '/presence.v1.PresenceService/BatchGetPresences';
const SUBSCRIBE = '/presence.v1.EventsService/Subscribe';

const answers = {};
const note = (answer) => (answers[answer] = (answers[answer] ?? 0) + 1);

function grpcMessage(message, flag = 0) {
  const header = Buffer.alloc(5);
  header[0] = flag;
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

const EMPTY = grpcMessage(Buffer.alloc(0));
/** The reflection request that lists the services. */
const LIST_SERVICES = grpcMessage(Buffer.from([0x3a, 0x01, 0x2a]));
/** Millions of users without a name, in nearly as many bytes as a request may have. */
const SMALL_RECORDS = Buffer.alloc(5.3 * MEGABYTE, Buffer.from([0x0a, 0x00]));

// HTTP/2 is written by hand, because a library would respect the server's limit of concurrent
// streams.
const [DATA, HEADERS, SETTINGS, PING] = [0, 1, 4, 6];
const [ACK, END_STREAM, END_HEADERS] = [1, 1, 4];

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

function text(value) {
  const { length } = value;
  const bytes = length < 127 ? [length] : [127];
  if (length >= 127) {
    let rest = length - 127;
    for (; rest >= 128; rest = rest >> 7) bytes.push((rest % 128) | 128);
    bytes.push(rest);
  }
  return Buffer.concat([Buffer.from(bytes), Buffer.from(value)]);
}

function headers(path, more) {
  const literals = { 'content-type': 'application/grpc', te: 'trailers', ...more };
  return Buffer.concat([
    Buffer.from([0x83, 0x86, 0x04]),
    text(path),
    Buffer.from([0x01]),
    text('localhost'),
    ...Object.entries(literals).flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]),
  ]);
}

/**
 * Opens the given number of connections and makes as many calls on each. With `trust`, it first
 * makes one call with a token and waits for the response.
 */
async function many(path, { more = {}, message, ends = false, trust = false }) {
  for (let i = 0; i < Number(connections); i++) {
    const token = trust ? { authorization: `Bearer ${tokens[i % tokens.length]}` } : {};
    const block = headers(path, { ...token, ...more });
    const socket = connect(Number(port), host).on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    acknowledge(socket);
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0)]),
    );
    let stream = 1;
    if (trust) {
      socket.write(
        Buffer.concat([
          frame(HEADERS, END_HEADERS, stream, block),
          frame(DATA, END_STREAM, stream, EMPTY),
        ]),
      );
      stream += 2;
      await sleep(100);
    }
    for (let j = 0; j < Number(calls) && !socket.destroyed; j++, stream += 2) {
      const frames = [frame(HEADERS, END_HEADERS, stream, block)];
      if (message !== undefined) frames.push(frame(DATA, ends ? END_STREAM : 0, stream, message));
      const isTaken = socket.write(Buffer.concat(frames));
      // A connection that the server disconnects emits `close`.
      if (!isTaken)
        await Promise.race([
          new Promise((resolve) => socket.once('drain', resolve).once('close', resolve)),
          sleep(1000),
        ]);
    }
    note(socket.destroyed ? 'cut off' : 'open');
  }
  await sleep(500);
}

/** Acknowledges the frames for which the server would otherwise close the connection. */
function acknowledge(socket) {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const [type, flags] = [rest[3], rest[4]];
      if (type === SETTINGS && flags !== ACK) socket.write(frame(SETTINGS, ACK, 0));
      if (type === PING && flags !== ACK) socket.write(frame(PING, ACK, 0, rest.subarray(9, end)));
      rest = rest.subarray(end);
    }
  });
}

async function whole(path, token, body, more = {}) {
  const session = connectHttp2(`http://${grpcAddress}`).on('error', () => {});
  const stream = session.request({
    ...{ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' },
    ...{ authorization: `Bearer ${token}`, ...more },
  });
  await new Promise((resolve) => {
    const noteStatus = ({ 'grpc-status': status }) => status && note(`grpc-status ${status}`);
    stream.on('response', noteStatus).on('trailers', noteStatus);
    stream
      .on('error', () => note('reset'))
      .on('close', resolve)
      .resume()
      .end(body);
  });
}

async function post(path, token, type, body) {
  const response = await fetch(httpUrl + path, {
    ...{ method: 'POST', body },
    headers: { 'content-type': type, authorization: `Bearer ${token}` },
  }).catch(() => undefined);
  const answer = (await response?.text().catch(() => '')) ?? '';
  note(/grpc-status: \d+/.exec(answer)?.[0] ?? `status ${response?.status}`);
}

/** Sends incomplete requests over HTTP/1.1. */
async function parts() {
  const request = [
    `POST ${SUBSCRIBE} HTTP/1.1`,
    'host: x',
    'content-type: application/connect+proto',
    'content-length: 5000000',
    `x-large: ${'x'.repeat(14_000)}`,
    ...['', 'x'.repeat(16_000)],
  ].join('\r\n');
  const { hostname, port: httpPort } = new URL(httpUrl);
  for (let i = 0; i < 60 * Number(connections); i++) {
    const socket = connect(Number(httpPort), hostname).on('error', () => {});
    socket.write(request);
    if (i % 50 === 0)
      await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  }
  await sleep(500);
}

const large = { 'x-large': 'x'.repeat(14_000) };
const zipped = grpcMessage(gzipSync(SMALL_RECORDS), 1);
const emptyIds = JSON.stringify({ userIds: new Array(500_000).fill('') });
const KINDS = {
  health: () => many(HEALTH, { message: EMPTY, ends: true }),
  reflection: () =>
    many(REFLECTION, { message: Buffer.concat(new Array(100).fill(LIST_SERVICES)) }),
  headers: () => many(LIST, {}),
  'large headers': () => many(LIST, { more: large }),
  'calls of users': () => many(LIST, { trust: true }),
  'large headers of users': () =>
    many(LIST, { trust: true, more: { 'x-large': 'x'.repeat(8000) } }),
  'large requests': () =>
    Promise.all(
      tokens.flatMap((token) => [
        whole(SUBSCRIBE, token, grpcMessage(SMALL_RECORDS)),
        whole(SUBSCRIBE, token, zipped, { 'grpc-encoding': 'gzip' }),
        whole(LIST, token, grpcMessage(SMALL_RECORDS)),
      ]),
    ),
  'large requests in JSON': () =>
    Promise.all(
      tokens.map(async (token) => {
        for (const body of [emptyIds, '['.repeat(1_900_000)]) {
          await post(BATCH, token, 'application/json', body);
          await post(SUBSCRIBE, token, 'application/grpc-web+json', grpcMessage(Buffer.from(body)));
        }
      }),
    ),
  'parts of requests over HTTP': parts,
};

await KINDS[kind]();
console.log(`over: ${JSON.stringify(answers)}`);
// The process also ends if the test that started it has died.
after(() => process.exit(), 120_000);
