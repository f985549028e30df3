import { parseArgs } from 'node:util';
import { readConfig } from '../config/config.js';
import { wholeNumber } from '../config/kinds.js';
import { isIdentifier } from '../domain/identifier.js';
import { signToken } from './sign-token.js';

const USAGE = 'Usage: npm run token -- <user> [--admin] [--ttl <seconds>]';

const ttl = wholeNumber(1, 31_536_000, ' of seconds');

/** The command cannot be carried out as it was given. The message tells what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The token that the arguments ask for, signed with the secret of the settings. */
export async function tokenCommand(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const { userId, isAdmin, ttlSeconds } = parse(args);
  const { secret, issuer, audience } = readConfig(env).auth;
  if (secret === undefined) {
    throw new UsageError(
      'AUTH_JWT_SECRET is not set, and tokens cannot be signed without. Set it for this command and for the server.',
    );
  }
  return signToken({ key: secret, userId, isAdmin, ttlSeconds, issuer, audience });
}

function parse(args: readonly string[]): { userId: string; isAdmin: boolean; ttlSeconds: number } {
  const { values, positionals } = parsed(args);
  const [userId, ...more] = positionals;
  if (userId === undefined || more.length > 0) throw new UsageError(`Name one user.\n${USAGE}`);
  if (!isIdentifier(userId)) {
    throw new UsageError('A user id has 1 to 128 characters, none of them a control character.');
  }
  const ttlSeconds = ttl.read(values.ttl);
  if (ttlSeconds === undefined) throw new UsageError(`--ttl must be ${ttl.allowed}.\n${USAGE}`);
  return { userId, isAdmin: values.admin, ttlSeconds };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        admin: { type: 'boolean', default: false },
        ttl: { type: 'string', default: '3600' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}
