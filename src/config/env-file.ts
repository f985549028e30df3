import { ConfigError } from './config-error.js';

/** Adds what `.env` in the working directory says to the environment, which wins. No such file is no mistake. */
export function loadEnvFile(path = '.env'): void {
  try {
    process.loadEnvFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    throw new ConfigError([`The file ${path} cannot be read (${code}).`]);
  }
}
