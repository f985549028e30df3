import { FIXED_LIMITS, type FixedLimits } from './fixed-limits.js';
import { readValues } from './read-values.js';
import type { SettingValues } from './settings.js';
import { ineffectiveSettings } from './ineffective-settings.js';

/**
 * The configuration of the service, and the injection token for it: the values of the table in `settings.ts`, in the
 * groups of that table.
 */
export abstract class Config implements SettingValues {
  abstract readonly process: SettingValues['process'];
  abstract readonly grpc: SettingValues['grpc'];
  abstract readonly tls: SettingValues['tls'];
  abstract readonly http: SettingValues['http'];
  abstract readonly auth: SettingValues['auth'];
  abstract readonly access: SettingValues['access'];
  abstract readonly policy: SettingValues['policy'];
  abstract readonly streams: SettingValues['streams'];
  abstract readonly limits: SettingValues['limits'];
  abstract readonly redis: SettingValues['redis'];
  abstract readonly webhook: SettingValues['webhook'];
  abstract readonly fixed: FixedLimits;
  /** Warnings to log at the start, about variables that resemble settings but have no effect. */
  abstract readonly warnings: readonly string[];
}

/**
 * Reads the settings from the environment; no other code does. Throws a `ConfigError` that names all mistakes at once.
 * Tests replace fixed limits with `fixed`.
 */
export function readConfig(env: NodeJS.ProcessEnv, fixed: Partial<FixedLimits> = {}): Config {
  return {
    ...readValues(env),
    fixed: { ...FIXED_LIMITS, ...fixed },
    warnings: ineffectiveSettings(env),
  };
}

/** The paths of the certificate files for gRPC. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  /** The CA that issues the certificates of clients. Undefined: clients need no certificate. */
  readonly clientCaFile?: string | undefined;
}

/** Returns the certificate files. Undefined: plaintext. */
export function tlsFilesOf({
  tls: { certFile, keyFile, clientCaFile },
}: Config): TlsFiles | undefined {
  // `readConfig` rejects one without the other.
  if (certFile === undefined || keyFile === undefined) return undefined;
  return { certFile, keyFile, clientCaFile };
}
