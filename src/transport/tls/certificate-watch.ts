import type { X509Certificate } from 'node:crypto';
import { ServerCredentials } from '@grpc/grpc-js';
import { Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../../clock/clock.js';
import { ConfigError } from '../../config/config-error.js';
import type { TlsFiles } from '../../config/config.js';
import { SingleFlight } from '../../timers/single-flight.js';
import { isSameMaterial, readTlsMaterial, type TlsMaterial } from './tls-material.js';

/**
 * The polling interval. Polling is more reliable than file events: it also notices symbolic links that Kubernetes
 * replaces, and changes on network file systems.
 */
const LOOK_EVERY_MS = 5_000;

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
  private readonly reloading = new SingleFlight(() => this.readFiles());
  private mistake: string | undefined;
  private isReported = false;
  private warnAgainAt = 0;

  constructor(
    private readonly files: TlsFiles,
    private material: TlsMaterial,
    private readonly clock: Clock,
  ) {
    this.credentials = new TlsCredentials(material);
  }

  /** The expiry of the certificate for new connections, in milliseconds since the epoch. */
  get expiresAt(): number {
    return Date.parse(this.material.certificate.validTo);
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
  @Interval(LOOK_EVERY_MS)
  reload(): Promise<void> {
    return this.reloading.runIfIdle();
  }

  private async readFiles(): Promise<void> {
    try {
      this.apply(await readTlsMaterial(this.files));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.reject(error.mistakes.join(' '));
    }
    this.warnOfExpiry();
  }

  private apply(found: TlsMaterial): void {
    this.mistake = undefined;
    if (isSameMaterial(found, this.material)) return;
    this.material = found;
    this.credentials.replace(found);
    this.warnAgainAt = 0;
    this.logger.log(`New gRPC connections use ${this.describe()}.`);
  }

  /**
   * Reports invalid files once, and only if the error is still there at the next check, because the files are replaced
   * one after the other.
   */
  private reject(mistake: string): void {
    const isLasting = mistake === this.mistake;
    if (isLasting && !this.isReported) {
      this.logger.warn(`${mistake} New gRPC connections use the previous certificate.`);
    }
    this.isReported = isLasting;
    this.mistake = mistake;
  }

  private warnOfExpiry(): void {
    const now = this.clock.monotonic();
    const warning = expiryWarning(this.material.certificate, this.clock.wall());
    if (warning === undefined || now < this.warnAgainAt) return;
    this.warnAgainAt = now + A_DAY_MS;
    this.logger.warn(`The certificate in ${this.files.certFile} ${warning}.`);
  }

  private describe(): string {
    const kind = this.files.clientCaFile === undefined ? 'TLS' : 'mutual TLS';
    return `${kind}; the certificate is valid until ${this.material.certificate.validTo}`;
  }
}

/** Returns a warning about the validity period of a certificate. Undefined if there is nothing to report. */
export function expiryWarning(certificate: X509Certificate, now: number): string | undefined {
  const { validFrom, validTo } = certificate;
  const [begin, end] = [Date.parse(validFrom), Date.parse(validTo)];
  if (now >= end) return `has expired on ${validTo}: clients reject it`;
  if (now < begin) return `is not valid before ${validFrom}: clients reject it until then`;
  if (end - now < Math.min(SOON_MS, (end - begin) * SOON_SHARE)) return `expires on ${validTo}`;
  return undefined;
}
