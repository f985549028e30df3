import { Command } from 'commander';
import { examples } from '../help.js';
import { withService } from '../service.js';
import { addTargetOptions, type TargetOptions } from '../target.js';
import { printable } from '../terminal/printable.js';
import { ADMIN } from '../tokens.js';

/** Ends a session of anyone. */
export function endCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('end'))
    .description(
      'End a session for good: its program does not come back by itself. A session of someone else needs a token of an admin. One that has ended already is no mistake.',
    )
    .argument('<session>', 'the session, as "presence explain" names it')
    .addHelpText('after', examples(['presence end q1xJ0m3Yw7kq8mPz2Wc5Vg', 'end this session']))
    .action((sessionId: string, target: TargetOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        await client.endSession(sessionId);
        console.log(`The session ${printable(sessionId)} has ended.`);
      }),
    );
}
