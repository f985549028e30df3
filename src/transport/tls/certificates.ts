import { X509Certificate } from 'node:crypto';
import { fileMistake, type NamedFile } from '../../config/setting-file.js';

const BLOCK = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;

/**
 * The certificates in a PEM file, one at least. Throws a `ConfigError` when it cannot serve: OpenSSL would pass over what it
 * does not understand, and a server that trusts nobody would look like one that works.
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
