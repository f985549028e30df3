import { Command } from 'commander';
import { type GrantOptions, grantsClaimOf } from '#server/auth/token-signer.js';
import { examples, integerOption } from '../options/common-options.js';
import { sign, tokenSigner } from '../options/tokens.js';

const A_YEAR_SECONDS = 31_536_000;

interface TokenOptions extends GrantOptions {
  readonly admin?: boolean;
  readonly ttl?: number;
}

/** Creates the command that signs a token for tests. Standard output contains only the token. */
export function tokenCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('token')
    .description(
      'Sign a token for a user with AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE. A "*" at the end of a channel stands for any text.',
    )
    .argument('<user>', 'the user id')
    .option('--admin', 'add the scope presence:admin, which allows access to other users')
    .option('--group <group...>', 'the groups of the user')
    .option('--join <channel...>', 'let the user join and watch these channels')
    .option('--watch <channel...>', 'let the user list and follow these channels')
    .option('--moderate <channel...>', 'let the user moderate, join and watch these channels')
    .option('--watch-only', 'let the token begin no session')
    .option(
      '--ttl <seconds>',
      'lifetime in seconds; by default one hour, or AUTH_MAX_TOKEN_LIFETIME_MS if that is shorter',
      integerOption(1, A_YEAR_SECONDS),
    )
    .addHelpText(
      'after',
      examples(
        ['presence token bob', 'valid for one hour'],
        ['presence token backend --admin --ttl 600', 'an admin token, valid for ten minutes'],
        ["presence token bob --group acme --join lobby 'acme/*'", 'a token of a customer'],
        ['presence token wall --group acme --watch-only', 'a token for a display on a wall'],
        ["presence token max --moderate stage 'acme/*'", 'a token of a moderator'],
        ['export PRESENCE_TOKEN=$(presence token bob)', 'for the next commands'],
      ),
    )
    .action(async (userId: string, { admin = false, ttl, ...grants }: TokenOptions) => {
      const signer = await tokenSigner(environment, 'Signing a token');
      const identity = { userId, isAdmin: admin, grants: grantsClaimOf(grants), ttlSeconds: ttl };
      console.log(await sign(signer, identity));
    });
}
