import { expect, it } from 'vitest';
import { problemWith, secretsIn } from './signature.js';

/** The example of the reference implementation of Standard Webhooks. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const BODY = Buffer.from('{"test": 2432232314}');
const HEADERS = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};
const NOW = 1_614_265_330_000;

function problem(
  headers: Partial<typeof HEADERS> = {},
  { secret = SECRET, body = BODY, now = NOW } = {},
): string | undefined {
  return problemWith({ ...HEADERS, ...headers }, body, secretsIn(secret)!, now);
}

it('a request with the right signature is authentic', () => {
  expect(problem()).toBeUndefined();
});

it('a request is authentic if one of its signatures matches one of the secrets', () => {
  const signature = HEADERS['webhook-signature'];
  expect(problem({}, { secret: `${OTHER} ${SECRET}` })).toBeUndefined();
  const several = `v1a,AAAA v1,AAAA ${signature} v2,BBBB`;
  expect(problem({ 'webhook-signature': several })).toBeUndefined();
});

it.each([
  ['another secret', {}, { secret: OTHER }],
  ['another body', {}, { body: Buffer.from('{"test": 2432232315}') }],
  ['another id', { 'webhook-id': 'msg_2' }, {}],
  ['another time', { 'webhook-timestamp': '1614265331' }, {}],
  ['no signature', { 'webhook-signature': '' }, {}],
  [
    'a signature of another version',
    { 'webhook-signature': 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
    {},
  ],
  ['a shorter signature', { 'webhook-signature': 'v1,g0hM' }, {}],
])('a request with %s is not authentic', (_, headers, options) => {
  expect(problem(headers, options)).toBe('the signature does not match the secret');
});

it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const)(
  'a request without %s is not authentic',
  (name) => {
    const headers = { ...HEADERS, [name]: undefined };
    expect(problemWith(headers, BODY, secretsIn(SECRET)!, NOW)).toContain('it lacks');
  },
);

it.each([
  ['old', {}, NOW + 301_000],
  ['of the future', {}, NOW - 301_000],
  ['of no time', { 'webhook-timestamp': 'today' }, NOW],
])('a request that is %s is not accepted', (_, headers, now) => {
  expect(problem(headers, { now })).toContain('webhook-timestamp is not within 300 seconds');
});

it('a request is accepted for five minutes', () => {
  expect(problem({}, { now: NOW + 299_000 })).toBeUndefined();
});

it.each(['', 'whsec_', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', `${SECRET} x`, 'whsec_a-b'])(
  'a secret must begin with whsec_ and be base64: "%s"',
  (text) => {
    expect(secretsIn(text)).toBeUndefined();
  },
);
