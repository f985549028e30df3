import { Command } from 'commander';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { explanationInWords } from '../output/in-words.js';
import { jsonLine } from '../output/text.js';
import { withService } from '../runtime/service.js';

interface ExplainOptions extends TargetOptions {
  readonly json?: boolean;
}

/** Creates the command that explains the presence of a user. */
export function explainCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('explain'))
    .description(
      'Explain the status of a user: the cause, the sessions and the next change. Needs an admin token.',
    )
    .argument('<user>', 'the user id')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', examples(['presence explain alice', 'explain the status of alice']))
    .action((userId: string, { json = false, ...target }: ExplainOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        const explanation = await client.explain(userId);
        console.log(json ? jsonLine(explanation) : explanationInWords(explanation).join('\n'));
      }),
    );
}
