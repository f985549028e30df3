import { Command } from 'commander';
import type { PresenceCollection } from '#client';
import { addInterestOptions, examples, type InterestOptions } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { READ_ONLY_IDENTITY } from '../options/tokens.js';
import { changeInWords } from '../output/in-words.js';
import { showLive } from '../output/live-table.js';
import { jsonLine } from '../output/text.js';
import { waitUntilReady } from '../runtime/device.js';
import { withService } from '../runtime/service.js';

interface WatchOptions extends TargetOptions, InterestOptions {
  readonly json?: boolean;
}

/** Creates the command that shows all presences and every change, until it is stopped. */
export function watchCommand(environment: NodeJS.ProcessEnv): Command {
  return addInterestOptions(addTargetOptions(new Command('watch')))
    .description(
      'Show who is there, and every change. On a terminal it is a table that is kept up to date, and elsewhere a line for each change.',
    )
    .option('--json', 'a line of JSON for each change, first of all for everyone who is there')
    .addHelpText(
      'after',
      examples(
        ['presence watch', 'everyone who is not offline'],
        ['presence watch --channel lobby garden', 'who is in one of these'],
        ['presence watch --user ann bob', 'these, also when they are offline'],
        ['presence watch --json | jq .current.status', 'for a program'],
      ),
    )
    .action(({ channel = [], user = [], json = false, ...target }: WatchOptions) =>
      withService(target, environment, READ_ONLY_IDENTITY, async (client) => {
        const collection = client.watch({ channels: channel, users: user });
        if (process.stdout.isTTY && !json) {
          showLive(collection, process.stdout);
        } else {
          const inWords = json ? jsonLine : changeInWords;
          collection.subscribe((change) => console.log(inWords(change)));
          tellBreaks(collection);
        }
        await waitUntilReady(collection.state);
        await ended(collection);
      }),
    );
}

/** Reports a lost and restored connection on standard error, because it is not a change of a presence. */
function tellBreaks(collection: PresenceCollection): void {
  let isLost = false;
  collection.state.subscribe((state) => {
    if (state.status === 'stale' && state.error !== undefined && !isLost) {
      isLost = true;
      console.error(`The connection was lost (${state.error.message}). Trying again.`);
    } else if (state.status === 'live' && isLost) {
      isLost = false;
      console.error('Up to date again.');
    }
  });
}

/** Waits until the collection is closed, and throws the error that closed it. */
async function ended(collection: PresenceCollection): Promise<void> {
  for await (const state of collection.state) if (state.status === 'closed') throw state.error;
}
