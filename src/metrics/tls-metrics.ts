import type { Registry } from 'prom-client';
import type { CertificateWatch } from '../transport/tls/certificate-watch.js';
import { registerGauge } from './register.js';

/** Metrics of the TLS certificate: after its expiry, clients cannot connect. */
export function registerTlsMetrics(registry: Registry, certificates: CertificateWatch): void {
  registerGauge(registry, {
    name: 'presence_tls_certificate_expiry_timestamp_seconds',
    help: 'Expiry time of the current gRPC server certificate (Unix time). Only with TLS.',
    value: () => certificates.expiresAt / 1000,
  });
}
