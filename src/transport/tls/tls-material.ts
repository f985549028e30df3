import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsFiles } from '../../config/config.js';
import { fileMistake, readNamedFile, type NamedFile } from '../../config/setting-file.js';
import { certificatesIn } from './certificates.js';

/**
 * TLS 1.3, and of TLS 1.2 what gives away neither what was recorded once a key is lost nor what was padded: forward secrecy
 * and authenticated encryption. HTTP/2 forbids the rest. gRPC libraries of the last ten years speak it.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** What TLS needs, read from files and found fit. */
export interface TlsMaterial {
  /** The certificate that clients are shown. */
  readonly certificate: X509Certificate;
  /** All that is decided for each connection. A change of certificates replaces it whole, so versions and ciphers are in it. */
  readonly context: SecureContextOptions;
}

/** Reads the files. Throws a `ConfigError` of one sentence when they cannot serve. */
export async function readTlsMaterial(files: TlsFiles): Promise<TlsMaterial> {
  const certFile: NamedFile = { setting: 'GRPC_TLS_CERT_FILE', path: files.certFile };
  const keyFile: NamedFile = { setting: 'GRPC_TLS_KEY_FILE', path: files.keyFile };
  const [cert, key, ca] = await Promise.all([
    readNamedFile(certFile),
    readNamedFile(keyFile),
    clientCa(files.clientCaFile),
  ]);

  const [certificate] = certificatesIn(cert, certFile);
  if (!certificate.checkPrivateKey(privateKeyIn(key, keyFile))) {
    throw fileMistake(keyFile, `but that is not the key of the certificate in ${certFile.path}`);
  }
  const context = { minVersion: 'TLSv1.2', ciphers: CIPHERS, cert, key, ca } as const;
  try {
    createSecureContext(context);
  } catch (error) {
    // Such as a key that is too short for what OpenSSL calls secure.
    throw fileMistake(certFile, `which cannot be used (${(error as Error).message})`);
  }
  return { certificate, context };
}

async function clientCa(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const file: NamedFile = { setting: 'GRPC_TLS_CLIENT_CA_FILE', path };
  const pem = await readNamedFile(file);
  certificatesIn(pem, file);
  return pem;
}

function privateKeyIn(pem: string, file: NamedFile): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw fileMistake(file, 'which holds no private key in PEM form, or one that is encrypted');
  }
}

/** Whether connections would be made in the same way. */
export function isSameMaterial(one: TlsMaterial, other: TlsMaterial): boolean {
  return (['cert', 'key', 'ca'] as const).every(
    (part) => one.context[part] === other.context[part],
  );
}
