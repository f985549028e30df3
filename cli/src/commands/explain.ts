import { Command } from 'commander';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { explanationInWords } from '../output/explanation-in-words.js';
import { jsonLine } from '../output/text.js';
import { withService } from '../runtime/service.js';

interface ExplainOptions extends TargetOptions {
  readonly json?: boolean;
}

/** Creates the command that explains the presence of a user. */
export function explainCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('explain'))
    .description(
      'Say why a user is shown like that, by which sessions, and what time will make of it. Needs a token of an admin.',
    )
    .argument('<user>', 'the user')
    .option('--json', 'as one line of JSON')
    .addHelpText('after', examples(['presence explain alice', 'why is alice idle?']))
    .action((userId: string, { json = false, ...target }: ExplainOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        const explanation = await client.explain(userId);
        console.log(json ? jsonLine(explanation) : explanationInWords(explanation).join('\n'));
      }),
    );
}
