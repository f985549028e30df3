import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.js';
import { withoutByteOrderMark } from './setting-file.js';

/**
 * Adds the variables in `.env` in the working directory to the environment. Existing variables win. The file may be
 * missing.
 */
export function loadEnvFile(path = '.env'): void {
  try {
    // Not `process.loadEnvFile`: editors on Windows write a byte order mark, and it treats the mark as part of the
    // first name.
    const text = withoutByteOrderMark(readFileSync(path, 'utf8')).replaceAll('\r\n', '\n');
    for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new ConfigError([`The file ${path} cannot be read (${code}).`]);
  }
}
