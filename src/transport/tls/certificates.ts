import { X509Certificate } from 'node:crypto';
import { fileMistake, type NamedFile } from '../../config/setting-file.js';

const BLOCK = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/**
 * Returns the certificates in a PEM file, at least one. Throws a `ConfigError` if there is none or one is invalid:
 * OpenSSL ignores what it cannot parse, and a server that trusts no CA would seem to work.
 */
export function certificatesIn(
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
