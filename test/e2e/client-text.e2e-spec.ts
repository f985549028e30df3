import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { bodyOf, callOverHttp, CONTENT_TYPES } from '../support/http-call.js';
import { tokenOf } from '../support/service.js';

const JOIN = '/presence.v1.PresenceService/JoinChannel';
const SUBSCRIBE = '/presence.v1.EventsService/Subscribe';

const JSON_TYPES = [
  ...CONTENT_TYPES.unary.map((type) => [JOIN, type] as const),
  ...CONTENT_TYPES.stream.map((type) => [SUBSCRIBE, type] as const),
].filter(([, type]) => type.endsWith('json'));

/**
 * 198 characters before an emoji: if the text is truncated after 200 UTF-16 units, half of the
 * emoji remains.
 */
const EMOJI = '\u{1F600}'.repeat(150);

const TEXTS: readonly (readonly [string, string])[] = [
  ['half a surrogate pair as a key', '{"\\ud800":1}'],
  ['the other half', '{"\\udc00x":1}'],
  ['a long key of emoji', `{"${EMOJI}":1}`],
  ['a long key of emoji, one unit further', `{"x${EMOJI}":1}`],
  ['half a surrogate pair in a text', '{"channelId":"\\ud800","sessionId":"\\ud800"}'],
  [
    'half a surrogate pair where a number belongs',
    '{"deliveryMode":"\\ud800","channelId":["\\ud800"]}',
  ],
  ['a line feed and an escape code', '{"a\\n\\u001b[31m":1}'],
  ['a key named __proto__', '{"__proto__":{"channelId":"x"}}'],
  ['deep nesting', `{"channelId":${'['.repeat(4000)}${']'.repeat(4000)}}`],
  ['deeper nesting', `{"channelId":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ['a huge number', '{"channelId":1e999999}'],
  ['the same key twice', '{"channelId":"a","channelId":"\\ud800"}'],
  ['no JSON', '\u{1F600}'.repeat(300)],
];

describe('Text of a client', () => {
  let build: Build;
  let server: ServerProcess;
  let authorization: string;
  beforeAll(async () => {
    build = await Build.make();
    server = await build.serve();
    authorization = `Bearer ${await tokenOf('ann')}`;
  });
  afterAll(async () => {
    await server.kill();
    await build.remove();
  });

  describe.each(JSON_TYPES)('in a request to %s as %s', (path, type) => {
    it.each(TEXTS)('is rejected in words that any client can read: %s', async (_name, json) => {
      const url = server.httpUrl + path;
      const { text } = await callOverHttp(url, type, bodyOf(type, json), { authorization });
      // RESOURCE_EXHAUSTED if the request exceeds the size limit of its method.
      const size = json.length > 8192 && path === JOIN;
      expect(text).toMatch(
        size ? /resource_exhausted|grpc-status: 8/ : /invalid_argument|grpc-status: 3/,
      );
      expect(text.replaceAll('\r\n', '')).not.toMatch(/\p{Cc}|\p{Bidi_Control}|\ufffd/u);
      const [, message] = /grpc-message: (.*)/.exec(text) ?? [];
      if (message !== undefined) expect(decodeURIComponent(message).length).toBeLessThan(2000);
    });
  });

  it('in a header is no reason to end either', async () => {
    const url = server.httpUrl + JOIN;
    for (const headers of [
      { 'connect-timeout-ms': '\u00ff'.repeat(900) },
      { 'x-request-id': '\u00ff' },
    ]) {
      const { status } = await callOverHttp(url, 'application/json', Buffer.from('{}'), {
        authorization,
        ...headers,
      });
      expect(status).toBe(400);
    }
  });

  it('has not ended the server, nor found a fault in it', async () => {
    expect((await fetch(`${server.httpUrl}/health/live`)).status).toBe(200);
    expect(server.output).not.toMatch(/FATAL|fault|ERROR/);
  });
});
