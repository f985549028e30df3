import { Command } from 'commander';
import { examples, wholeNumberOption } from '../options/common-options.js';
import { sign, tokenSigner } from '../options/tokens.js';

const A_YEAR_SECONDS = 31_536_000;

interface TokenOptions {
  readonly admin?: boolean;
  readonly ttl: number;
}

/** Creates the command that signs a token for tests. Standard output contains only the token. */
export function tokenCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('token')
    .description('Sign a token for a user, with AUTH_JWT_SECRET.')
    .argument('<user>', 'the user that the token is of')
    .option('--admin', 'with the scope presence:admin, which may name other users')
    .option(
      '--ttl <seconds>',
      'how long it is good for',
      wholeNumberOption(1, A_YEAR_SECONDS),
      3600,
    )
    .addHelpText(
      'after',
      examples(
        ['presence token bob', 'for an hour'],
        ['presence token backend --admin --ttl 600', 'for ten minutes, for a backend'],
        ['export PRESENCE_TOKEN=$(presence token bob)', 'for the commands that follow'],
      ),
    )
    .action(async (userId: string, { admin = false, ttl }: TokenOptions) => {
      const signer = tokenSigner(environment, 'Signing a token');
      console.log(await sign(signer, { userId, isAdmin: admin, ttlSeconds: ttl }));
    });
}
