import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsFiles } from '../../config/config.js';
import { fileMistake, readNamedFile, type NamedFile } from '../../config/setting-file.js';

/**
 * The cipher suites of TLS 1.3, and those of TLS 1.2 with forward secrecy (recorded traffic stays secret if a key
 * leaks) and authenticated encryption (no padding attacks). HTTP/2 forbids the others. gRPC libraries of the last ten
 * years support these.
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

/** The certificate, key and CA, read from files and validated. */
export interface TlsMaterial {
  /** The certificate that the server presents to clients. */
  readonly certificate: X509Certificate;
  /**
   * The TLS options of a connection. A certificate change replaces all of them, so they include versions and ciphers.
   */
  readonly context: SecureContextOptions;
}

/** Reads and validates the files. Throws a `ConfigError` with one sentence if they cannot be used. */
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
    // For example, a key that is too short for the security level of OpenSSL.
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

/** Whether both have the same certificate, key and CA. */
export function isSameMaterial(one: TlsMaterial, other: TlsMaterial): boolean {
  return (['cert', 'key', 'ca'] as const).every(
    (part) => one.context[part] === other.context[part],
  );
}

const BLOCK = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/**
 * Returns the certificates in a PEM file, at least one. Throws a `ConfigError` if there is none or one is invalid:
 * OpenSSL ignores what it cannot parse, and a server that trusts no CA would seem to work.
 */
function certificatesIn(
  pem: string,
  file: NamedFile,
): readonly [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = (pem.match(BLOCK) ?? []).map((block) => parse(block, file));
  if (first === undefined) throw fileMistake(file, 'which holds no certificate in PEM form');
  return [first, ...others];
}

function parse(block: string, file: NamedFile): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch {
    throw fileMistake(file, 'which holds a certificate that cannot be read');
  }
}
