import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, selfSigned } from '../../test/support/certificates.js';
import { ConfigError } from '../config/config-error.js';
import { createVerificationKeys } from './create-verification-keys.js';
import { InvalidToken } from './invalid-token.js';
import { readPublicKeys } from './public-key-file.js';
import { TokenVerifier } from './token-verifier.js';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed25519 = generateKeyPairSync('ed25519');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'presence-keys-'));
});

afterAll(() => rm(folder, { recursive: true }));

function pem(key: KeyObject): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString();
}

async function fileWith(content: string): Promise<string> {
  const path = join(folder, 'key.pem');
  await writeFile(path, content);
  return path;
}

async function verifierOf(content: string): Promise<TokenVerifier> {
  const publicKeyFile = await fileWith(content);
  return new TokenVerifier(await createVerificationKeys({ publicKeyFile }));
}

function signed(alg: string, key: KeyObject): Promise<string> {
  return new SignJWT({ sub: 'alice' }).setProtectedHeader({ alg }).sign(key);
}

describe('a public key file', () => {
  it.each([
    ['RS256', rsa],
    ['PS256', rsa],
    ['ES256', p256],
    ['ES384', p384],
    ['EdDSA', ed25519],
    ['Ed25519', ed25519],
  ])('checks tokens signed with %s', async (alg, { publicKey, privateKey }) => {
    const verifier = await verifierOf(pem(publicKey));
    expect(await verifier.verify(await signed(alg, privateKey))).toMatchObject({ userId: 'alice' });
  });

  it('rejects tokens of another key of the same type', async () => {
    const verifier = await verifierOf(pem(p256.publicKey));
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expect(verifier.verify(await signed('ES256', other.privateKey))).rejects.toThrow(
      InvalidToken,
    );
  });

  it('rejects tokens of another type of key', async () => {
    const verifier = await verifierOf(pem(p256.publicKey));
    for (const [alg, { privateKey }] of [
      ['RS256', rsa],
      ['ES384', p384],
      ['EdDSA', ed25519],
    ] as const) {
      await expect(verifier.verify(await signed(alg, privateKey))).rejects.toThrow(InvalidToken);
    }
  });

  it('rejects algorithms that match the key but are not allowed', async () => {
    const verifier = await verifierOf(pem(rsa.publicKey));
    for (const alg of ['RS384', 'RS512', 'PS512']) {
      const token = await signed(alg, rsa.privateKey);
      await expect(verifier.verify(token), alg).rejects.toThrow(InvalidToken);
    }
  });

  it('is never used as a shared secret', async () => {
    const file = pem(rsa.publicKey);
    const verifier = await verifierOf(file);
    for (const secret of [
      file,
      file.trim(),
      rsa.publicKey.export({ type: 'spki', format: 'der' }),
    ]) {
      const body = ['{"alg":"HS256"}', '{"sub":"alice"}']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.');
      const signature = createHmac('sha256', secret).update(body).digest('base64url');
      await expect(verifier.verify(`${body}.${signature}`)).rejects.toThrow(InvalidToken);
    }
  });

  it('may be a certificate', async () => {
    const verifier = await verifierOf(CERTIFICATE);
    expect(await verifier.verify(TOKEN_OF_CERTIFICATE)).toMatchObject({ userId: 'alice' });
  });
});

describe('a file with several keys', () => {
  it('checks tokens of each of them, also if they have the same type', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pairs = [p256, other, rsa].map(({ publicKey }) => pem(publicKey));
    const verifier = await verifierOf(`the old key\n${pairs.join('\n')}${CERTIFICATE}`);
    for (const token of [
      await signed('ES256', p256.privateKey),
      await signed('ES256', other.privateKey),
      await signed('PS256', rsa.privateKey),
      TOKEN_OF_CERTIFICATE,
    ]) {
      expect(await verifier.verify(token)).toMatchObject({ userId: 'alice' });
    }
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const attempt = verifier.verify(await signed('ES256', stranger.privateKey));
    await expect(attempt).rejects.toMatchObject({ name: 'InvalidToken' });
  });

  it('does not take the issuers of a certificate chain as signers of tokens', async () => {
    const authority = await Authority.make('authority');
    const { cert, key } = await authority.server();
    for (const chain of [`${cert}\n${authority.cert}`, `${authority.cert}\n${cert}`]) {
      const { texts } = await readPublicKeys(await fileWith(chain));
      expect(texts).toHaveLength(1);
      const verifier = await verifierOf(chain);
      const token = await signed('ES256', createPrivateKey(key));
      expect(await verifier.verify(token)).toMatchObject({ userId: 'alice' });
    }
  });

  it('may have certificates of the same name, as when a certificate is renewed', async () => {
    const [one, other] = [await selfSigned('presence'), await selfSigned('presence')];
    const { texts } = await readPublicKeys(await fileWith(`${one.cert}\n${other.cert}`));
    expect(texts).toHaveLength(2);
  });
});

describe('a file that cannot serve', () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey;
  const x25519 = generateKeyPairSync('x25519').publicKey;

  it.each([
    ['a private key', pem(rsa.privateKey), 'but that is a private key'],
    ['no PEM', 'hello', 'which holds no public key or certificate in PEM form'],
    ['nothing', '', 'which holds no public key or certificate in PEM form'],
    [
      'a good key and half of another',
      `${pem(p256.publicKey)}${pem(rsa.publicKey).slice(0, 200)}`,
      'which holds an incomplete key',
    ],
    [
      'a good key and one that is not base64',
      `${pem(p256.publicKey)}-----BEGIN PUBLIC KEY-----\n???\n-----END PUBLIC KEY-----\n`,
      'which holds no public key or certificate in PEM form',
    ],
    ['a good key and a short RSA key', `${pem(p256.publicKey)}${pem(weak)}`, 'none of RSA'],
    ['nine keys', pem(p256.publicKey).repeat(9), 'which holds 9 keys, more than 8'],
    ['a short RSA key', pem(weak), 'none of RSA (2048 bits or more), P-256, P-384 and Ed25519'],
    ['an unusual curve', pem(p521), 'none of RSA (2048 bits or more), P-256, P-384 and Ed25519'],
    [
      'no key for signatures',
      pem(x25519),
      'none of RSA (2048 bits or more), P-256, P-384 and Ed25519',
    ],
  ])('is rejected at start: %s', async (_, content, sentence) => {
    const attempt = verifierOf(content);
    await expect(attempt).rejects.toThrow(ConfigError);
    await expect(attempt).rejects.toThrow(sentence);
  });

  it('is rejected at start when it does not exist', async () => {
    const publicKeyFile = join(folder, 'nothing.pem');
    await expect(createVerificationKeys({ publicKeyFile })).rejects.toThrow(
      `AUTH_JWT_PUBLIC_KEY_FILE names ${publicKeyFile}, which cannot be read (ENOENT).`,
    );
  });
});

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBfDCCASOgAwIBAgIUNIfP/k3CHvBI3g5IqFoLJsNtjIAwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIcHJlc2VuY2UwIBcNMjYxMTI0MDgyMDI4WhgPMjEyNjEwMzEw
ODIwMjhaMBMxETAPBgNVBAMMCHByZXNlbmNlMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEOPtY1UoGyCas2qrh9JpSQ2KcYyV5b06GwkSagKvV5ZWFjTBLzXj8H6I8
yg28dwl5NlERxa7ONKqYHC08WQutqaNTMFEwHQYDVR0OBBYEFJ0ZoS56glFoSha2
i2WFg/0lAPSpMB8GA1UdIwQYMBaAFJ0ZoS56glFoSha2i2WFg/0lAPSpMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgbFKoDMD8z7LOZTuPdqLh5QB6
yjAAezlg7LlTNDiF294CIEOX9W2L/+axLXk39lRSCu32pkbShBtd64kjiJqTU1Ce
-----END CERTIFICATE-----
`;

/** A token that was signed once with the private key of the certificate. That key was deleted. */
const TOKEN_OF_CERTIFICATE = [
  'eyJhbGciOiJFUzI1NiJ9',
  'eyJzdWIiOiJhbGljZSJ9',
  'OQ0_Xrvkc86kDKdhtWINy0pMyMpbAgpa8QLDKRWixreIDyk3qJylkfw9TGnjovzhnGLCDqC9AsFh9GMpSw0QrA',
].join('.');
