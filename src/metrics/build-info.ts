import { readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';

/** The fields of package.json that describe the build. A release writes `gitHead`; a clone has none. */
interface Manifest {
  readonly version: string;
  readonly gitHead?: string;
}

// The file is at the same place relative to src and to dist.
const MANIFEST = new URL('../../package.json', import.meta.url);

/** Registers a constant metric whose labels say which program runs. Its value is always 1. */
export function registerBuildInfo(registry: Registry): void {
  const { version, gitHead = '' } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as Manifest;
  const labels = { version, commit: gitHead, node_version: process.version };
  new Gauge({
    name: 'presence_build_info',
    help: 'Constant 1. The labels have the version of the service, its Git commit if the build knows it, and the version of Node.js.',
    labelNames: Object.keys(labels),
    registers: [registry],
  }).set(labels, 1);
}
