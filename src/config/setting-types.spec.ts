import { describe, expect, it } from 'vitest';
import {
  environmentName,
  boolean,
  grpcAddress,
  host,
  hostAndPort,
  httpUrl,
  type SettingType,
  milliseconds,
  oneOf,
  origins,
  integer,
  text,
  tokenSecrets,
} from './setting-types.js';

function accepts(kind: SettingType<unknown>, texts: readonly string[]): void {
  for (const text of texts) expect(kind.read(text), text).toBeDefined();
}

function refuses(kind: SettingType<unknown>, texts: readonly string[]): void {
  for (const text of texts) expect(kind.read(text), text).toBeUndefined();
}

describe('integer', () => {
  it('accepts numbers in its range', () => {
    const percent = integer(0, 100);
    expect(['0', '7', '100'].map(percent.read)).toEqual([0, 7, 100]);
    expect(percent.description).toBe('an integer from 0 to 100');
  });

  it('rejects other spellings of a number, and text that only begins like one', () => {
    refuses(integer(0, 100_000), ['1e3', '0x10', '5.0', '+5', '-5', '007', '5s', '1_000', '1,0']);
    refuses(integer(0, 100_000), [' 5', '5 ', '5\n', 'NaN', 'Infinity', '٥', ' ']);
  });

  it('rejects numbers out of range, however long', () => {
    refuses(integer(10, 20), ['9', '21', '9'.repeat(400)]);
  });
});

describe('milliseconds', () => {
  it('rejects durations that exceed the maximum of a timer', () => {
    expect(milliseconds(100).description).toBe(
      'an integer number of milliseconds from 100 to 604800000',
    );
    refuses(milliseconds(100), ['2147483648']);
  });
});

describe('oneOf and flag', () => {
  it('take their words as they are spelt', () => {
    accepts(oneOf(['info', 'warn']), ['info', 'warn']);
    refuses(oneOf(['info', 'warn']), ['Info', 'log', 'info ']);
    expect([boolean.read('true'), boolean.read('false')]).toEqual([true, false]);
    refuses(boolean, ['1', '0', 'yes', 'on', 'TRUE']);
  });
});

describe('environmentName', () => {
  it('distinguishes production from everything else', () => {
    expect(environmentName.read('production')).toBe(true);
    expect(['development', 'test', 'staging'].map(environmentName.read)).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('rejects values that resemble production', () => {
    refuses(environmentName, ['prod', 'Production', 'PRODUCTION', 'production ']);
  });
});

describe('words', () => {
  it('rejects control characters and invisible spaces', () => {
    accepts(text, ['https://issuer.example/', 'presence service', 'keys/public.pem']);
    refuses(text, [' presence', 'presence ', 'pre\nsence', ' ']);
  });
});

describe('host', () => {
  it('takes names and addresses, and neither ports nor URLs', () => {
    accepts(host, [
      '0.0.0.0',
      '127.0.0.1',
      '::',
      '::1',
      'localhost',
      'presence-1.internal',
      'my_host',
    ]);
    refuses(host, [
      'localhost:3000',
      'http://localhost',
      '[::1]',
      '1.2.3',
      '300.0.0.1',
      '-a',
      'a b',
    ]);
  });
});

describe('httpUrl', () => {
  it('takes http and https, and nothing else', () => {
    accepts(httpUrl, ['https://id.example/jwks', 'http://localhost:8080/keys?tenant=1']);
    refuses(httpUrl, [
      'id.example/jwks',
      'ftp://id.example',
      'file:///keys.json',
      'https://',
      ' https://a',
    ]);
  });

  it('rejects a URL with a password, and keeps it out of the message', () => {
    refuses(httpUrl, ['https://user:hunter2@id.example/jwks', 'https://user@id.example']);
    expect(httpUrl.isSecret?.('https://user:hunter2@id.example/jwks')).toBe(true);
    expect(httpUrl.isSecret?.('ftp://id.example?key=hunter2')).toBe(true);
    expect(httpUrl.isSecret?.('ftp://id.example')).toBe(false);
  });
});

describe('tokenSecrets', () => {
  it('are at least 32 bytes long each, not characters', () => {
    accepts(tokenSecrets, ['x'.repeat(32), 'é'.repeat(16)]);
    refuses(tokenSecrets, ['x'.repeat(31), 'é'.repeat(15)]);
    expect(tokenSecrets.isSecret?.('short')).toBe(true);
  });

  it('are separated by white space, at most 8', () => {
    const [one, two] = ['x'.repeat(32), 'y'.repeat(40)];
    for (const text of [`${one} ${two}`, ` ${one}\r\n${two}\n`, `${one}\t  ${two} `]) {
      expect(tokenSecrets.read(text)).toEqual([one, two]);
    }
    expect(tokenSecrets.read(`${one} `.repeat(8))).toHaveLength(8);
    refuses(tokenSecrets, [`${one} `.repeat(9), ' ', '\n', `${one} short`]);
  });

  it('are never parts of one secret with spaces, which was allowed before', () => {
    refuses(tokenSecrets, ['correct horse battery staple, at length']);
  });
});

describe('grpcAddress', () => {
  it('takes host and port, and IPv6 in brackets', () => {
    accepts(grpcAddress, [
      '0.0.0.0:50051',
      'localhost:0',
      '[::]:50051',
      '[::1]:65535',
      'a.b-c.d:1',
    ]);
    expect(hostAndPort('[::1]:50051')).toEqual({ host: '::1', port: 50051 });
  });

  it('rejects half an address, a URL, and ports that do not exist', () => {
    refuses(grpcAddress, ['localhost', ':50051', '50051', 'localhost:', 'localhost:65536', 'a:b']);
    refuses(grpcAddress, ['http://localhost:50051', '::1:50051', '[localhost]:1', '1.2.3:50051']);
    refuses(grpcAddress, ['localhost:050051', 'localhost:50051/', 'a b:1', 'dns:///localhost:1']);
  });

  it('takes the path of a socket that the operating system can open', () => {
    accepts(grpcAddress, [
      'unix:presence.sock',
      'unix:/run/presence.sock',
      'unix:///run/presence.sock',
    ]);
    accepts(grpcAddress, [`unix:/${'x'.repeat(106)}`]);
    refuses(grpcAddress, ['unix:', 'unix://', 'unix://run/presence.sock', 'unix:/a b']);
    refuses(grpcAddress, [`unix:/${'x'.repeat(107)}`]);
  });
});

describe('origins', () => {
  it('are spelt as browsers do', () => {
    accepts(origins, ['*', 'https://chat.example', 'http://localhost:5173', 'https://[::1]:8443']);
    expect(origins.read('https://a.example,https://b.example')).toEqual([
      'https://a.example',
      'https://b.example',
    ]);
  });

  it('have no path, no default port, no capital letters, and no blanks between them', () => {
    refuses(origins, [
      'https://chat.example/',
      'https://chat.example/app',
      'https://chat.example:443',
      'https://Chat.example',
      'chat.example',
      'null',
      'ftp://chat.example',
      'https://a.example, https://b.example',
      'https://a.example,',
      '*,https://a.example',
    ]);
  });
});
