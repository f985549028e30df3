import { Command } from 'commander';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { escapeControls, style } from '../output/text.js';
import { withService } from '../runtime/service.js';

interface HideOptions extends TargetOptions {
  readonly show?: boolean;
}

/** Creates the command that hides a user from others, and shows from whom the user hides. */
export function hideCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('hide'))
    .description(
      'Hide a user from other users: they see the user as offline and cannot find out why. Without other users, print from whom the user hides. Needs the token of the user, or an admin token.',
    )
    .argument('<user>', 'the user who hides')
    .argument('[others...]', 'the users to hide from')
    .option('--show', 'stop hiding from these users; without any, from all')
    .addHelpText(
      'after',
      examples(
        ['presence hide alice bob carol', 'hide alice from bob and carol as well'],
        ['presence hide alice', 'from whom alice hides'],
        ['presence hide alice bob --show', 'let bob see alice again'],
        ['presence hide alice --show', 'hide alice from no one'],
      ),
    )
    .action((userId: string, others: string[], { show = false, ...target }: HideOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        const before = await client.hiddenFrom({ userId });
        const after = show ? without(before, others) : [...new Set([...before, ...others])];
        if (show || others.length > 0) await client.setHiddenFrom(after, { userId });
        const names = after.length === 0 ? 'no one' : after.map(escapeControls).sort().join(', ');
        console.log(`${style('bold', escapeControls(userId))} hides from ${names}`);
      }),
    );
}

/** Returns the list without these users. Without any, the list is empty. */
function without(list: readonly string[], users: readonly string[]): string[] {
  return users.length === 0 ? [] : list.filter((userId) => !users.includes(userId));
}
