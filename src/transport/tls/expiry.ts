import type { X509Certificate } from 'node:crypto';

const DAY_MS = 86_400_000;

/** Whoever renews by hand needs days. What lives for hours only is renewed when less than a fifth of that is left. */
const SOON_MS = 14 * DAY_MS;
const SOON_SHARE = 1 / 5;

/** What there is to say about the time in which a certificate is good. Undefined: nothing. */
export function expiryWarning(certificate: X509Certificate, now: number): string | undefined {
  const { validFrom, validTo } = certificate;
  const [begin, end] = [Date.parse(validFrom), Date.parse(validTo)];
  if (now >= end) return `has expired on ${validTo}: clients refuse it`;
  if (now < begin) return `is not valid before ${validFrom}: clients refuse it until then`;
  if (end - now < Math.min(SOON_MS, (end - begin) * SOON_SHARE)) return `expires on ${validTo}`;
  return undefined;
}
