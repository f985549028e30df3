import type { X509Certificate } from 'node:crypto';
import { ServerCredentials } from '@grpc/grpc-js';
import { Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../../clock/clock.js';
import type { TlsFiles } from '../../config/config.js';
import { CHECK_FILES_EVERY_MS, WatchedFiles } from '../../config/watched-files.js';
import { isSameMaterial, readTlsMaterial, type TlsMaterial } from './tls-material.js';

const A_DAY_MS = 86_400_000;

/**
 * The warning starts 14 days before the expiry, because a manual renewal takes days. For a certificate with a short
 * lifetime it starts when less than a fifth of that is left.
 */
const SOON_MS = 14 * A_DAY_MS;
const SOON_SHARE = 1 / 5;

/**
 * TLS credentials whose certificates can be replaced while the server runs. Open connections do not change; new
 * connections use the new certificates. `ServerCredentials.createSsl` of grpc-js cannot replace them, and its
 * `FileWatcherCertificateProvider` rejects all connections once a file is invalid. `Connections` limits the time of the
 * handshake, with or without TLS.
 */
export class TlsCredentials extends ServerCredentials {
  constructor(material: TlsMaterial) {
    const requestCert = material.context.ca !== undefined;
    super({ requestCert, rejectUnauthorized: true }, material.context);
  }

  replace(material: TlsMaterial): void {
    this.updateSecureContextOptions(material.context);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

/** Keeps the certificates of the gRPC server up to date with their files. Invalid files change nothing. */
export class CertificateWatch implements OnModuleInit {
  readonly credentials: TlsCredentials;
  private readonly logger = new Logger(CertificateWatch.name);
  private readonly watched: WatchedFiles<TlsMaterial>;
  private warnAgainAt = 0;

  constructor(
    private readonly files: TlsFiles,
    material: TlsMaterial,
    private readonly clock: Clock,
  ) {
    this.credentials = new TlsCredentials(material);
    this.watched = new WatchedFiles(material, {
      read: () => readTlsMaterial(files),
      isSame: isSameMaterial,
      apply: (found) => this.apply(found),
      otherwise: 'New gRPC connections use the previous certificate.',
      logger: this.logger,
    });
  }

  private get certificate(): X509Certificate {
    return this.watched.current.certificate;
  }

  /** The expiry of the certificate for new connections, in milliseconds since the epoch. */
  get expiresAt(): number {
    return Date.parse(this.certificate.validTo);
  }

  /** Creates a watch. Throws a `ConfigError` if the files cannot be used. */
  static async create(files: TlsFiles, clock: Clock): Promise<CertificateWatch> {
    return new CertificateWatch(files, await readTlsMaterial(files), clock);
  }

  onModuleInit(): void {
    this.logger.log(`gRPC uses ${this.describe()}.`);
    this.warnOfExpiry();
  }

  /** Reads the files and applies changes. Does nothing while another call reads them. */
  @Interval(CHECK_FILES_EVERY_MS)
  async reload(): Promise<void> {
    await this.watched.check();
    this.warnOfExpiry();
  }

  private apply(material: TlsMaterial): void {
    this.credentials.replace(material);
    this.warnAgainAt = 0;
    this.logger.log(`New gRPC connections use ${this.describe()}.`);
  }

  private warnOfExpiry(): void {
    const now = this.clock.monotonic();
    const warning = expiryWarning(this.certificate, this.clock.wall());
    if (warning === undefined || now < this.warnAgainAt) return;
    this.warnAgainAt = now + A_DAY_MS;
    this.logger.warn(`The certificate in ${this.files.certFile} ${warning}.`);
  }

  private describe(): string {
    const kind = this.files.clientCaFile === undefined ? 'TLS' : 'mutual TLS';
    return `${kind}; the certificate is valid until ${this.certificate.validTo}`;
  }
}

/** Returns a warning about the validity period of a certificate. Undefined if there is nothing to report. */
export function expiryWarning(certificate: X509Certificate, now: number): string | undefined {
  const { validFrom, validTo } = certificate;
  const [begin, end] = [Date.parse(validFrom), Date.parse(validTo)];
  if (now >= end) return `expired on ${validTo}: clients reject it`;
  if (now < begin) return `is not valid before ${validFrom}: clients reject it until then`;
  if (end - now < Math.min(SOON_MS, (end - begin) * SOON_SHARE)) return `expires on ${validTo}`;
  return undefined;
}
