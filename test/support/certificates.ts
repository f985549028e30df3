// The certificate library requires this import before its own.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type Extension,
} from '@peculiar/x509';

type Algorithm = webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams;

const DAY_MS = 86_400_000;
const KEYS: Algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
/** Keys that are too weak to be accepted. */
export const WEAK_KEYS: Algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 512,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
};
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** A certificate and its key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** The validity period, in days from now. */
export interface Validity {
  readonly fromDays?: number;
  readonly toDays?: number;
}

/** A certificate authority for one test, with a root that no other test knows. */
export class Authority {
  private constructor(
    private readonly name: string,
    private readonly keys: webcrypto.CryptoKeyPair,
    /** The root certificate, as PEM. */
    readonly cert: string,
  ) {}

  static async make(name: string): Promise<Authority> {
    const keys = await newKeys();
    const isAuthority = new BasicConstraintsExtension(true, undefined, true);
    const cert = await signed({ name, keys, issuer: name, issuerKeys: keys }, [isAuthority]);
    return new Authority(name, keys, cert);
  }

  /** Issues a certificate for a server at 127.0.0.1 or localhost. */
  server(validity: Validity = {}): Promise<Identity> {
    return this.issue('presence', validity, SERVER_AUTH);
  }

  client(name: string, validity: Validity = {}): Promise<Identity> {
    return this.issue(name, validity, CLIENT_AUTH);
  }

  private async issue(name: string, validity: Validity, usage: string): Promise<Identity> {
    const keys = await newKeys();
    const subject = { name, keys, issuer: this.name, issuerKeys: this.keys, ...validity };
    return { cert: await signed(subject, leaf(usage)), key: await pemOf(keys) };
  }
}

/** Returns a self-signed certificate. */
export async function selfSigned(name: string, algorithm: Algorithm = KEYS): Promise<Identity> {
  const keys = await newKeys(algorithm);
  const cert = await signed({ name, keys, issuer: name, issuerKeys: keys }, leaf(CLIENT_AUTH));
  return { cert, key: await pemOf(keys) };
}

interface Subject extends Validity {
  readonly name: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly issuer: string;
  readonly issuerKeys: webcrypto.CryptoKeyPair;
}

async function signed(subject: Subject, extensions: Extension[]): Promise<string> {
  const { fromDays = -1, toDays = 365 } = subject;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: randomBytes(8).toString('hex'),
    subject: `CN=${subject.name}`,
    issuer: `CN=${subject.issuer}`,
    notBefore: new Date(Date.now() + fromDays * DAY_MS),
    notAfter: new Date(Date.now() + toDays * DAY_MS),
    publicKey: subject.keys.publicKey,
    signingKey: subject.issuerKeys.privateKey,
    signingAlgorithm: { name: subject.issuerKeys.privateKey.algorithm.name, hash: 'SHA-256' },
    extensions,
  });
  return certificate.toString('pem');
}

function leaf(usage: string): Extension[] {
  const names = new SubjectAlternativeNameExtension([
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ]);
  return [new ExtendedKeyUsageExtension([usage]), names];
}

function newKeys(algorithm: Algorithm = KEYS): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function pemOf({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}
