import { generateKeyPairSync } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Authority, selfSigned, WEAK_KEYS } from '../../../test/support/certificates.js';
import { TlsFolder } from '../../../test/support/tls-folder.js';
import { ConfigError } from '../../config/config-error.js';
import { readTlsMaterial } from './tls-material.js';

const root = await Authority.make('root');
const identity = await root.server();
const other = await root.server();

const NO_CERTIFICATE = 'which holds no certificate in PEM form';
const NO_KEY = 'which holds no private key in PEM form, or one that is encrypted';

let folder: TlsFolder;

beforeEach(async () => void (folder = await TlsFolder.with(identity, root.cert)));
afterEach(() => folder.remove());

/** Returns the one error message about the files. */
async function mistake(): Promise<string> {
  const error = await readTlsMaterial(folder.files).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  const { mistakes } = error as ConfigError;
  expect(mistakes).toHaveLength(1);
  return mistakes[0]!;
}

function encryptedKey(): string {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  });
  return privateKey;
}

describe('files for TLS', () => {
  it('are read when they fit', async () => {
    const { certificate, context } = await readTlsMaterial(folder.files);
    expect(certificate.subject).toBe('CN=presence');
    expect(context).toMatchObject({ ...identity, ca: root.cert, minVersion: 'TLSv1.2' });
  });

  it('may hold the certificates in between, behind that of the server, and text around them', async () => {
    await folder.write({ ...identity, cert: `presence\n${identity.cert}\n${root.cert}` });
    expect((await readTlsMaterial(folder.files)).certificate.subject).toBe('CN=presence');
  });

  it.each(['certFile', 'keyFile', 'clientCaFile'] as const)(
    'cannot serve without %s',
    async (file) => {
      await rm(folder.files[file]!);
      const setting = { certFile: 'CERT', keyFile: 'KEY', clientCaFile: 'CLIENT_CA' }[file];
      expect(await mistake()).toBe(
        `GRPC_TLS_${setting}_FILE names ${folder.files[file]}, which cannot be read (ENOENT).`,
      );
    },
  );

  const BROKEN = identity.cert.replace(/.{64}/, 'x'.repeat(64));
  const cases: [string, 'certFile' | 'keyFile' | 'clientCaFile', string, string][] = [
    ['no certificate', 'certFile', 'hello', NO_CERTIFICATE],
    ['nothing', 'certFile', '', NO_CERTIFICATE],
    ['a key for the certificate', 'certFile', identity.key, NO_CERTIFICATE],
    ['a broken certificate', 'certFile', BROKEN, 'which holds a certificate that cannot be read'],
    ['no key', 'keyFile', 'hello', NO_KEY],
    ['a certificate for the key', 'keyFile', identity.cert, NO_KEY],
    ['an encrypted key', 'keyFile', encryptedKey(), NO_KEY],
    ['the key of another certificate', 'keyFile', other.key, 'but that is not the key of the'],
    ['no authority', 'clientCaFile', '\n', NO_CERTIFICATE],
    [
      'a broken authority behind a good one',
      'clientCaFile',
      root.cert + BROKEN,
      'which holds a certificate that cannot be read',
    ],
  ];

  it.each(cases)('cannot serve with %s', async (_, file, content, sentence) => {
    await writeFile(folder.files[file]!, content);
    expect(await mistake()).toContain(`names ${folder.files[file]}, ${sentence}`);
  });

  it('cannot serve with a key that OpenSSL finds too short', async () => {
    await folder.write(await selfSigned('weak', WEAK_KEYS));
    expect(await mistake()).toMatch(/tls\.crt, which cannot be used \(.*key too small\)\.$/);
  });
});
