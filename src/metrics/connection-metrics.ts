import type { Registry } from 'prom-client';
import type { Connections } from '../transport/connections/connections.js';
import type { CertificateWatch } from '../transport/tls/certificate-watch.js';
import { registerCounts, registerGauge } from './register.js';

/** Metrics of gRPC connections, and of connections and calls that the server ended. */
export function registerConnectionMetrics(registry: Registry, connections: Connections): void {
  registerGauge(registry, {
    name: 'presence_connections',
    help: 'Open gRPC connections.',
    value: () => connections.size,
  });
  registerCounts(registry, {
    name: 'presence_connections_closed_total',
    help: 'gRPC connections that the server rejected or closed, by reason.',
    label: 'reason',
    counts: () => connections.disconnects.counts,
  });
  registerCounts(registry, {
    name: 'presence_calls_aborted_total',
    help: 'Calls that the server reset because they took too long or held too much memory, by reason.',
    label: 'reason',
    counts: () => connections.calls.disconnects.counts,
  });
}

/** Metrics of the TLS certificate: after its expiry, clients cannot connect. */
export function registerTlsMetrics(registry: Registry, certificates: CertificateWatch): void {
  registerGauge(registry, {
    name: 'presence_tls_certificate_expiry_timestamp_seconds',
    help: 'Expiry time of the current gRPC server certificate (Unix time). Absent without TLS.',
    value: () => certificates.expiresAt / 1000,
  });
}
