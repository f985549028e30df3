import { Command } from 'commander';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { READ_ONLY_IDENTITY } from '../options/tokens.js';
import { printListing } from '../output/presence-table.js';
import { withService } from '../runtime/service.js';

interface MembersOptions extends TargetOptions {
  readonly json?: boolean;
}

/** Creates the command that lists the users in a channel. */
export function membersCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('members'))
    .description('Show who is in a channel.')
    .argument('<channel>', 'the channel')
    .option('--json', 'one presence a line, as JSON')
    .addHelpText(
      'after',
      examples(
        ['presence members lobby', 'who is in the lobby'],
        ['presence members lobby --json', 'for a program'],
      ),
    )
    .action((channelId: string, { json = false, ...target }: MembersOptions) =>
      withService(target, environment, READ_ONLY_IDENTITY, (client) =>
        printListing(client.listMembers(channelId, { pageSize: 1000 }), json),
      ),
    );
}
