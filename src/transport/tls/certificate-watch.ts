import { Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../../clock/clock.js';
import { ConfigError } from '../../config/config-error.js';
import type { TlsFiles } from '../../config/config.js';
import { expiryWarning } from './expiry.js';
import { TlsCredentials } from './tls-credentials.js';
import { isSameMaterial, readTlsMaterial, type TlsMaterial } from './tls-material.js';

/**
 * The polling interval. Polling is more reliable than file events: it also notices symbolic links that Kubernetes
 * replaces, and changes on network file systems.
 */
const LOOK_EVERY_MS = 5_000;

const A_DAY_MS = 86_400_000;

/** Keeps the certificates of the gRPC server up to date with their files. Invalid files change nothing. */
export class CertificateWatch implements OnModuleInit {
  readonly credentials: TlsCredentials;
  private readonly logger = new Logger(CertificateWatch.name);
  private isLooking = false;
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
    this.logger.log(`gRPC is served with ${this.describe()}.`);
    this.warnOfExpiry();
  }

  /** Reads the files and applies changes. */
  @Interval(LOOK_EVERY_MS)
  async reload(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      this.apply(await readTlsMaterial(this.files));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.reject(error.mistakes.join(' '));
    } finally {
      this.isLooking = false;
    }
    this.warnOfExpiry();
  }

  private apply(found: TlsMaterial): void {
    this.mistake = undefined;
    if (isSameMaterial(found, this.material)) return;
    this.material = found;
    this.credentials.replace(found);
    this.warnAgainAt = 0;
    this.logger.log(`New gRPC connections are made with ${this.describe()}.`);
  }

  /**
   * Reports invalid files once, and only if the error is still there at the next check, because the files are replaced
   * one after the other.
   */
  private reject(mistake: string): void {
    const isLasting = mistake === this.mistake;
    if (isLasting && !this.isReported) {
      this.logger.warn(`${mistake} New gRPC connections are made with what was there before.`);
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
    return `${kind}, the certificate being good until ${this.material.certificate.validTo}`;
  }
}
