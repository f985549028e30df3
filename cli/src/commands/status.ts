import { Argument, Command } from 'commander';
import type { ChosenStatus } from '#client';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { timeOption } from '../options/time.js';
import { ADMIN } from '../options/tokens.js';
import { presenceInWords } from '../output/in-words.js';
import { withService } from '../runtime/service.js';

interface StatusOptions extends TargetOptions {
  readonly text?: string;
  readonly until?: Date;
}

const CHOICES = [
  'automatic',
  'do-not-disturb',
  'away',
  'invisible',
] as const satisfies readonly ChosenStatus[];

/** Creates the command that sets the status of a user, as a backend does. */
export function statusCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('status'))
    .description(
      'Set the status of a user, as a backend does. The user need not be connected. Needs an admin token.',
    )
    .argument('<user>', 'the user id')
    .addArgument(new Argument('<choice>', 'the status').choices(CHOICES))
    .option('--text <text>', 'the status text; without it, the text is removed')
    .option('--until <time>', 'when it ends: 15:00, or 2026-11-30T15:00Z', (time) =>
      timeOption(time),
    )
    .addHelpText(
      'after',
      examples(
        ['presence status bob do-not-disturb --text "In a meeting" --until 15:00', 'a meeting'],
        ['presence status bob automatic', 'the status follows the activity again'],
      ),
    )
    .action((userId: string, choice: ChosenStatus, { text, until, ...target }: StatusOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        const presence = await client.setStatusOf(userId, choice, {
          ...(text !== undefined && { text }),
          ...(until && { until }),
        });
        console.log(presenceInWords(presence));
        if (presence.status === 'offline' && choice !== 'invisible')
          console.log('Others see the status when the user connects.');
      }),
    );
}
