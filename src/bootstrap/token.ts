import { parseArgs } from 'node:util';
import { grantsClaimOf, TokenSigner } from '../auth/token-signer.js';
import { ConfigError } from '../config/config-error.js';
import { loadEnvFile } from '../config/env-file.js';

// Signs a token where only the server is installed, such as in its image: node dist/bootstrap/token.js alice --ttl 600

const USAGE =
  'Usage: node dist/bootstrap/token.js <user> [--admin] [--group <group>]... [--join <channel>]... [--watch <channel>]... [--moderate <channel>]... [--watch-only] [--ttl <seconds>]';

/** The exit codes are those of the command line: 1 failed, 2 wrong usage or settings. */
const WRONG_USAGE = 2;

try {
  console.log(await tokenFor(process.argv.slice(2), process.env));
} catch (error) {
  const isTheirs = error instanceof ConfigError || error instanceof RangeError || isUsage(error);
  console.error(isTheirs ? `${error.message}\n${USAGE}` : error);
  process.exitCode = isTheirs ? WRONG_USAGE : 1;
}

async function tokenFor(args: string[], environment: NodeJS.ProcessEnv): Promise<string> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      admin: { type: 'boolean' },
      group: { type: 'string', multiple: true },
      join: { type: 'string', multiple: true },
      watch: { type: 'string', multiple: true },
      moderate: { type: 'string', multiple: true },
      'watch-only': { type: 'boolean' },
      ttl: { type: 'string' },
    },
  });
  const [userId] = positionals;
  if (userId === undefined || positionals.length > 1) throw new RangeError('Name one user.');
  if (values.ttl !== undefined && !/^[1-9]\d{0,8}$/.test(values.ttl)) {
    throw new RangeError('--ttl must be an integer number of seconds.');
  }
  loadEnvFile();
  const signer = await TokenSigner.of(environment);
  if (signer === undefined)
    throw new ConfigError(['Neither AUTH_JWT_SECRET nor AUTH_JWT_SECRET_FILE is set.']);
  return signer.sign({
    userId,
    isAdmin: values.admin ?? false,
    grants: grantsClaimOf({ ...values, watchOnly: values['watch-only'] }),
    ttlSeconds: values.ttl === undefined ? undefined : Number(values.ttl),
  });
}

/** Whether `parseArgs` rejected the arguments. */
function isUsage(error: unknown): error is Error {
  return (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
}
