import { Command } from 'commander';
import { examples } from '../options/common-options.js';

/** Creates the command that runs the server, like `npm start`. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Run the server with settings from the environment and from the file .env.')
    .addHelpText(
      'after',
      examples(
        ['presence serve', 'in memory, with a random key and a token for alice'],
        ['GRPC_URL=127.0.0.1:6000 presence serve', 'with a setting; .env.example lists all'],
      ),
    )
    .action(async () => {
      process.setSourceMapsEnabled(true);
      // The server is loaded only here, because loading takes time and the other commands do not need it.
      await import('#server/main.js');
    });
}
