import { Command } from 'commander';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { pastTimeOption } from '../options/time.js';
import { ADMIN } from '../options/tokens.js';
import { counted, escapeControls, style, timeInWords } from '../output/text.js';
import { withService } from '../runtime/service.js';

interface RevokeOptions extends TargetOptions {
  /** Undefined: now. */
  readonly issuedBefore?: Date;
}

/** Creates the command that revokes the tokens of a user. */
export function revokeCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('revoke'))
    .description(
      'Revoke the tokens of a user. Sessions and subscriptions with these tokens end at once. A token that is issued later is valid, so let the issuer refuse the user first. Needs an admin token.',
    )
    .argument('<user>', 'the user id')
    .option(
      '--issued-before <time>',
      'only tokens that were issued before this time: now, 15:00, or 2026-11-30T15:00Z (default: now)',
      (time) => pastTimeOption(time),
    )
    .addHelpText(
      'after',
      examples(
        ['presence revoke bob', 'a stolen device, or a banned user'],
        ['presence revoke bob --issued-before 15:00', 'tokens from before an incident'],
      ),
    )
    .action((userId: string, { issuedBefore, ...target }: RevokeOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        const ended = await client.revokeTokens(userId, { ...(issuedBefore && { issuedBefore }) });
        const user = style('bold', escapeControls(userId));
        const tokens =
          issuedBefore === undefined
            ? `all tokens of ${user}`
            : `the tokens of ${user} that were issued before ${timeInWords(issuedBefore)}`;
        console.log(`Revoked ${tokens}. Ended ${counted(ended, 'session')}.`);
        // The service does not say for how long it keeps the revocation. The settings here may be those of the server.
        if (!environment.AUTH_MAX_TOKEN_LIFETIME_MS)
          console.log(
            'Unless the server has AUTH_MAX_TOKEN_LIFETIME_MS, it keeps the revocation for ever.',
          );
      }),
    );
}
