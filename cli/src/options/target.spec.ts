import { describe, expect, it } from 'vitest';
import { UsageError } from '../runtime/failure.js';
import { targetOf } from './target.js';

const address = 'localhost:50051';

describe('The address of a command', () => {
  it('is called in plain text without an option of TLS', () => {
    const file = 'LICENSE';
    expect(targetOf({ address }).baseUrl).toBe('http://localhost:50051');
    for (const option of [{ tls: true }, { ca: file }, { cert: file, key: file }]) {
      expect(targetOf({ address, ...option }).baseUrl).toBe('https://localhost:50051');
    }
  });

  it.each(['[::1]:50051', '127.0.0.1:1', 'presence.example.com:443'])('may be %s', (address) => {
    expect(targetOf({ address }).baseUrl).toBe(`http://${address}`);
  });

  it.each(['localhost', 'http://localhost:50051', 'localhost:port', 'unix:/socket', ''])(
    'may not be "%s"',
    (address) => {
      expect(() => targetOf({ address })).toThrow(UsageError);
    },
  );

  it('needs the key of a client certificate', () => {
    expect(() => targetOf({ address, cert: 'LICENSE' })).toThrow(/set both --cert and --key/);
  });

  it('needs a readable file of certificate authorities', () => {
    expect(() => targetOf({ address, ca: '/nowhere/ca.crt' })).toThrow(
      'The file /nowhere/ca.crt cannot be read (ENOENT).',
    );
  });
});
