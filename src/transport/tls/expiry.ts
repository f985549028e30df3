import type { X509Certificate } from 'node:crypto';

const DAY_MS = 86_400_000;

/**
 * The warning starts 14 days before the expiry, because a manual renewal takes days. For a certificate with a short
 * lifetime it starts when less than a fifth of that is left.
 */
const SOON_MS = 14 * DAY_MS;
const SOON_SHARE = 1 / 5;

/** Returns a warning about the validity period of a certificate. Undefined if there is nothing to report. */
export function expiryWarning(certificate: X509Certificate, now: number): string | undefined {
  const { validFrom, validTo } = certificate;
  const [begin, end] = [Date.parse(validFrom), Date.parse(validTo)];
  if (now >= end) return `has expired on ${validTo}: clients refuse it`;
  if (now < begin) return `is not valid before ${validFrom}: clients refuse it until then`;
  if (end - now < Math.min(SOON_MS, (end - begin) * SOON_SHARE)) return `expires on ${validTo}`;
  return undefined;
}
