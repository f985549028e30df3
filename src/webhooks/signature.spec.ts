import { describe, expect, it } from 'vitest';
import { signatureOf } from './signature.js';

/** The example of the reference implementations of Standard Webhooks. */
const EXAMPLE = {
  key: Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'),
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
};

describe('The signature of a webhook', () => {
  const { key, id, timestamp, body, signature } = EXAMPLE;

  it('is the one of Standard Webhooks', () => {
    expect(signatureOf([key], id, timestamp, body)).toBe(signature);
  });

  it('is there for each key, in the order of the setting', () => {
    const other = Buffer.alloc(32, 1);
    const [first, second] = signatureOf([other, key], id, timestamp, body).split(' ');
    expect(first).toBe(signatureOf([other], id, timestamp, body));
    expect(second).toBe(signature);
  });

  it('covers the id, the time and the body in UTF-8', () => {
    const all = [
      signatureOf([key], id, timestamp, body),
      signatureOf([key], `${id}x`, timestamp, body),
      signatureOf([key], id, timestamp + 1, body),
      signatureOf([key], id, timestamp, `${body} `),
      signatureOf([key], id, timestamp, '"é"'),
      signatureOf([key], id, timestamp, '"e"'),
    ];
    expect(new Set(all).size).toBe(all.length);
  });
});
