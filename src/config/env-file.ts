import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from './config-error.js';
import { withoutByteOrderMark } from './setting-file.js';

/** Adds what `.env` in the working directory says to the environment, which wins. No such file is no mistake. */
export function loadEnvFile(path = '.env'): void {
  try {
    // Not process.loadEnvFile: editors on Windows write a byte order mark, which it takes for part of the first name.
    const text = withoutByteOrderMark(readFileSync(path, 'utf8')).replaceAll('\r\n', '\n');
    for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new ConfigError([`The file ${path} cannot be read (${code}).`]);
  }
}
