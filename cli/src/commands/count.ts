import { Command } from 'commander';
import type { PresenceCount } from '#client';
import { examples } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { READ_ONLY_IDENTITY } from '../options/tokens.js';
import { countsInWords } from '../output/in-words.js';
import { jsonLine } from '../output/text.js';
import { waitUntilReady } from '../runtime/device.js';
import { withService } from '../runtime/service.js';

interface CountOptions extends TargetOptions {
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Creates the command that counts users. */
export function countCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('count'))
    .description('Count the users who are not offline: all of them, or those in channels.')
    .argument('[channel...]', 'the channel ids; none: all users')
    .option('--watch', 'print the counts again whenever they change, until it is stopped')
    .option('--json', 'print one line of JSON for all counts')
    .addHelpText(
      'after',
      examples(
        ['presence count', 'all users who are not offline'],
        ['presence count lobby garden', 'the users in each of these channels'],
        ['presence count lobby --watch', 'the users in the lobby, live'],
      ),
    )
    .action((channels: string[], { watch = false, json = false, ...target }: CountOptions) =>
      withService(target, environment, READ_ONLY_IDENTITY, async (client) => {
        const print = (counts: readonly PresenceCount[]): void =>
          console.log(json ? jsonLine(counts) : countsInWords(counts).join('\n'));
        if (!watch) return print(await client.count(channels));
        const counts = client.watchCounts(channels);
        counts.subscribe((value) => {
          if (value.length > 0) print(value);
        });
        await waitUntilReady(counts.state);
        for await (const state of counts.state) if (state.status === 'closed') throw state.error;
      }),
    );
}
