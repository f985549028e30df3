import { Command } from 'commander';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { escapeControls } from '../output/text.js';
import { withService } from '../runtime/service.js';

/** Creates the command that ends a session of any user. */
export function endCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('end'))
    .description(
      'End a session. Its client does not reconnect by itself. To end a session of another user, an admin token is needed. A session that has already ended is not an error.',
    )
    .argument('<session>', 'the session id; "presence explain" shows it')
    .addHelpText('after', examples(['presence end q1xJ0m3Yw7kq8mPz2Wc5Vg', 'end this session']))
    .action((sessionId: string, target: TargetOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        const wasLive = await client.endSession(sessionId);
        const session = escapeControls(sessionId);
        console.log(wasLive ? `Ended session ${session}.` : `There is no live session ${session}.`);
      }),
    );
}
