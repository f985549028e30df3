import { Command, Option } from 'commander';
import type { Status } from '#client';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { printListing } from '../output/presence-table.js';
import { withService } from '../runtime/service.js';

type Visible = Exclude<Status, 'offline'>;

const STATUSES: readonly Visible[] = ['online', 'idle', 'do-not-disturb', 'away'];

interface ListOptions extends TargetOptions {
  readonly status?: readonly Visible[];
  readonly group?: string;
  readonly json?: boolean;
}

/** Creates the command that lists the users who are not offline. */
export function listCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('list'))
    .description('List the users who are not offline.')
    .addOption(
      new Option('--status <status...>', 'only users with one of these statuses').choices(STATUSES),
    )
    .option('--group <group>', 'only users in this group')
    .option('--json', 'print one line of JSON per user')
    .addHelpText(
      'after',
      examples(
        ['presence list', 'all users who are not offline'],
        ['presence list --status away idle', 'users who are away or idle'],
        ['presence list --group acme', 'the users in this group'],
        ['presence list --json | jq -r .userId', 'only the user ids'],
      ),
    )
    .action(({ status = [], group, json = false, ...target }: ListOptions) =>
      withService(target, environment, ADMIN, (client) => {
        const filter = { statuses: status, ...(group !== undefined && { group }) };
        return printListing(client.listOnline({ ...filter, pageSize: 1000 }), json);
      }),
    );
}
