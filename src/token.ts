import { tokenCommand, UsageError } from './auth/token-command.js';
import { ConfigError } from './config/config-error.js';
import { loadEnvFile } from './config/env-file.js';

// `npm run token -- alice`: a token for trying things out. Nothing but the token goes to standard output.
try {
  loadEnvFile();
  console.log(await tokenCommand(process.argv.slice(2), process.env));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
