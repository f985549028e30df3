import { Command } from 'commander';
import { examples } from '../help.js';

/** Runs the server, as `npm start` does. */
export function serveCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('serve')
    .description('Run the server, with settings from the environment and from a file .env.')
    .addHelpText(
      'after',
      examples(
        ['presence serve', 'in memory, with a random key and a token for alice'],
        ['GRPC_URL=127.0.0.1:6000 presence serve', 'with a setting; .env.example has them all'],
      ),
    )
    .action(async () => {
      process.setSourceMapsEnabled(true);
      // Not before: the other commands need nothing of it, and it takes its time to load.
      const { serve } = await import('../../bootstrap/bootstrap.js');
      process.exitCode = await serve(environment);
    });
}
