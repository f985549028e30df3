import { Command } from 'commander';
import type { PresenceCount } from '#client';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { countsInWords } from '../output/in-words.js';
import { jsonLine } from '../output/text.js';
import { waitUntilReady } from '../runtime/device.js';
import { withService } from '../runtime/service.js';

interface CountOptions extends TargetOptions {
  readonly group?: readonly string[];
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Creates the command that counts users. */
export function countCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('count'))
    .description(
      'Count the users who are not offline: all of them, or those in channels and groups.',
    )
    .argument('[channel...]', 'the channel ids; without channels and groups, all users')
    .option('--group <group...>', 'count the users in these groups as well')
    .option('--watch', 'print the counts again whenever they change, until it is stopped')
    .option('--json', 'print one line of JSON for all counts')
    .addHelpText(
      'after',
      examples(
        ['presence count', 'all users who are not offline'],
        ['presence count lobby garden', 'the users in each of these channels'],
        ['presence count --group acme globex', 'the users in each of these groups'],
        ['presence count lobby --watch', 'the users in the lobby, live'],
      ),
    )
    .action((channels: string[], options: CountOptions) => {
      const { group: groups = [], watch = false, json = false, ...target } = options;
      return withService(target, environment, ADMIN, async (client) => {
        const print = (counts: readonly PresenceCount[]): void =>
          console.log(json ? jsonLine(counts) : countsInWords(counts).join('\n'));
        if (!watch) return print(await client.count(channels, { groups }));
        const counts = client.watchCounts(channels, { groups });
        counts.subscribe((value) => {
          if (value.length > 0) print(value);
        });
        await waitUntilReady(counts.state);
        for await (const state of counts.state) if (state.status === 'closed') throw state.error;
      });
    });
}
