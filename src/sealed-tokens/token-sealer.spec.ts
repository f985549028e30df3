import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { isSealed, TokenSealer } from './token-sealer.js';
import { SealingKeys } from './sealing-keys.js';

/** Decrypts a token of version 1 with nothing but the functions of Node. */
function openByFormat(token: string, secret: string, purpose: string, context: string): string {
  const bytes = Buffer.from(token, 'base64url');
  const [header, sealed, tag] = [
    bytes.subarray(0, 17),
    bytes.subarray(17, -16),
    bytes.subarray(-16),
  ];
  const key = hkdfSync('sha256', secret, '', `presence token: ${purpose}`, 32);
  const own = createHmac('sha512', Buffer.from(key)).update(header).digest();
  const decipher = createDecipheriv('aes-256-gcm', own.subarray(0, 32), own.subarray(32, 44));
  decipher.setAAD(Buffer.concat([header, Buffer.from(context)]));
  decipher.setAuthTag(tag);
  return decipher.update(sealed).toString() + decipher.final().toString();
}

const contents = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

describe('A sealed token', () => {
  const seal = new TokenSealer(new SealingKeys(), 'test');

  it('decrypts to the content that was encrypted', () => {
    fc.assert(
      fc.property(contents, fc.string(), (content, context) => {
        const token = seal.seal(content, context);
        expect(isSealed(token)).toBe(true);
        expect(seal.open(token, context)).toEqual(content);
      }),
    );
  });

  it('is never the same twice, and reveals only the length of its content', () => {
    const tokens = Array.from({ length: 100 }, (_, i) => seal.seal(Buffer.alloc(50, i)));
    const alike = Array.from({ length: 100 }, () => seal.seal(Buffer.alloc(50)));
    const all = [...tokens, ...alike];
    expect(new Set(all).size).toBe(200);
    expect(new Set(all.map(({ length }) => length)).size).toBe(1);
    // The characters at each position vary as much as random ones, except in the first byte, which holds the version.
    const places = Array.from({ length: all[0]!.length - 2 }, (_, i) => all.map((t) => t[i + 2]!));
    for (const place of places.slice(0, -1)) expect(new Set(place).size).toBeGreaterThan(30);
    expect(all.join()).not.toContain(Buffer.alloc(12).toString('base64url'));
  });

  it('does not open when any bit of it was changed', () => {
    const bytes = Buffer.from(seal.seal(Buffer.from('alice'), 'list'), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(seal.open(changed.toString('base64url'), 'list'), `bit ${bit}`).toBeUndefined();
    }
  });

  it('does not open when it was cut, or something was added, or pieces of two were put together', () => {
    const [one, two] = ['alice', 'bobby'].map((name) => seal.seal(Buffer.from(name)));
    for (let length = 0; length < one!.length; length++) {
      expect(seal.open(one!.slice(0, length))).toBeUndefined();
      expect(seal.open(one!.slice(length + 1))).toBeUndefined();
    }
    for (let length = 10; length < one!.length - 10; length++) {
      expect(seal.open(one!.slice(0, length) + two!.slice(length))).toBeUndefined();
    }
    for (const text of [`${one}A`, `${one}AAAA`, `A${one}`, `${one}=`, ` ${one}`, `${one}\n`]) {
      expect(seal.open(text), text).toBeUndefined();
    }
  });

  it('does not open for another context, another purpose or with another secret', () => {
    const secrets = new SealingKeys();
    const page = new TokenSealer(secrets, 'page');
    const token = page.seal(Buffer.from('alice'), 'channel a');
    expect(page.open(token, 'channel a')).toBeDefined();
    expect(new TokenSealer(secrets, 'page').open(token, 'channel a')).toBeDefined();
    for (const context of ['channel b', 'channel ', 'channel aa', '']) {
      expect(page.open(token, context), context).toBeUndefined();
    }
    expect(new TokenSealer(secrets, 'resume').open(token, 'channel a')).toBeUndefined();
    expect(new TokenSealer(new SealingKeys(), 'page').open(token, 'channel a')).toBeUndefined();
  });

  it('is read without harm, whatever it is', () => {
    fc.assert(fc.property(fc.string(), (text) => seal.open(text) === undefined));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        return seal.open(Buffer.from(bytes).toString('base64url')) === undefined;
      }),
    );
    expect(isSealed('A'.repeat(100_000))).toBe(false);
  });

  it('has a format that nodes of other releases read and write', () => {
    const secrets = new SealingKeys();
    secrets.rotate('a secret that all nodes share');
    const sealer = new TokenSealer(secrets, 'resume');
    const given = 'AUbzkmGNS4OeRCN_Y--kF3r5Ff1grcKVpkXX2bjRt_G5KncwEG0';
    const givenList = 'ATEpjcpuaJuPAAzli__RQkfanZS0oNpI55EzmHlvn3xSlEIIVvs';
    expect(sealer.open(given)).toEqual(Buffer.from('alice'));
    expect(sealer.open(givenList, 'list')).toEqual(Buffer.from('alice'));
    for (const context of ['', 'list']) {
      const token = sealer.seal(Buffer.from('bob'), context);
      expect(openByFormat(token, secrets.current, 'resume', context)).toBe('bob');
    }
  });

  it('still opens after the secret has changed, and no more after it has changed again', () => {
    const [here, there] = [new SealingKeys(), new SealingKeys()];
    const [ours, theirs] = [new TokenSealer(here, 'test'), new TokenSealer(there, 'test')];
    const token = ours.seal(Buffer.from('alice'));
    here.rotate(there.current);
    expect(ours.open(token)).toEqual(Buffer.from('alice'));
    expect(theirs.open(ours.seal(Buffer.from('bob'))), 'the new one is used').toBeDefined();
    here.rotate(there.current);
    expect(ours.open(token), 'the same once more changes nothing').toBeDefined();
    here.rotate('a third one');
    expect(ours.open(token)).toBeUndefined();
    expect(here.keys).toHaveLength(2);
  });
});
