import { Command } from 'commander';
import { examples, wholeNumberOption } from '../options/common-options.js';
import { sign, tokenSigner } from '../options/tokens.js';

const A_YEAR_SECONDS = 31_536_000;

interface TokenOptions {
  readonly admin?: boolean;
  readonly moderate?: readonly string[];
  readonly ttl: number;
}

/** Creates the command that signs a token for tests. Standard output contains only the token. */
export function tokenCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('token')
    .description('Sign a token for a user with AUTH_JWT_SECRET or AUTH_JWT_SECRET_FILE.')
    .argument('<user>', 'the user id')
    .option('--admin', 'add the scope presence:admin, which allows access to other users')
    .option(
      '--moderate <channel...>',
      'let the user moderate these channels; "*" at the end stands for any text',
    )
    .option('--ttl <seconds>', 'lifetime in seconds', wholeNumberOption(1, A_YEAR_SECONDS), 3600)
    .addHelpText(
      'after',
      examples(
        ['presence token bob', 'valid for one hour'],
        ['presence token backend --admin --ttl 600', 'an admin token, valid for ten minutes'],
        ["presence token max --moderate stage 'acme/*'", 'a token of a moderator'],
        ['export PRESENCE_TOKEN=$(presence token bob)', 'for the next commands'],
      ),
    )
    .action(async (userId: string, { admin = false, moderate, ttl }: TokenOptions) => {
      const signer = await tokenSigner(environment, 'Signing a token');
      console.log(
        await sign(signer, {
          userId,
          isAdmin: admin,
          ttlSeconds: ttl,
          ...(moderate && { grants: { moderate } }),
        }),
      );
    });
}
