import { Command } from 'commander';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { printListing } from '../output/presence-table.js';
import { withService } from '../runtime/service.js';

interface MembersOptions extends TargetOptions {
  readonly json?: boolean;
}

/** Creates the command that lists the users in a channel. */
export function membersCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('members'))
    .description('List the users in a channel.')
    .argument('<channel>', 'the channel id')
    .option('--json', 'print one line of JSON per user')
    .addHelpText(
      'after',
      examples(
        ['presence members lobby', 'the users in the lobby'],
        ['presence members lobby --json', 'the same as JSON'],
      ),
    )
    .action((channelId: string, { json = false, ...target }: MembersOptions) =>
      withService(target, environment, ADMIN, (client) =>
        printListing(client.listMembers(channelId, { pageSize: 1000 }), json),
      ),
    );
}
