import { Command } from 'commander';
import type { PresenceCollection } from '#client';
import { addInterestOptions, examples, type InterestOptions } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
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
      'Show users and their changes until it is stopped. On a terminal it shows a table and updates it. Elsewhere it prints one line per change.',
    )
    .option('--json', 'print one line of JSON per change, first one for each user who is listed')
    .addHelpText(
      'after',
      examples(
        ['presence watch', 'all users who are not offline'],
        ['presence watch --channel lobby garden', 'the users in these channels'],
        ['presence watch --group acme', 'the users in this group'],
        ['presence watch --user ann bob', 'these users, also when they are offline'],
        ['presence watch --json | jq .current.status', 'only the statuses'],
      ),
    )
    .action(({ channel, group, user, json = false, ...target }: WatchOptions) =>
      withService(target, environment, ADMIN, async (client) => {
        const collection = client.watch({ channels: channel, groups: group, users: user });
        if (process.stdout.isTTY && !json) {
          showLive(collection, process.stdout);
        } else {
          const inWords = json ? jsonLine : changeInWords;
          collection.subscribe((change) => {
            const line = inWords(change);
            if (line !== undefined) console.log(line);
          });
          reportDisconnects(collection);
        }
        await waitUntilReady(collection.state);
        await ended(collection);
      }),
    );
}

/** Reports a lost and restored connection on standard error, because it is not a change of a presence. */
function reportDisconnects(collection: PresenceCollection): void {
  let isLost = false;
  collection.state.subscribe((state) => {
    if (state.status === 'stale' && state.error !== undefined && !isLost) {
      isLost = true;
      console.error(`The connection was lost (${state.error.message}). Reconnecting.`);
    } else if (state.status === 'live' && isLost) {
      isLost = false;
      console.error('Reconnected and up to date.');
    }
  });
}

/** Waits until the collection is closed, and throws the error that closed it. */
async function ended(collection: PresenceCollection): Promise<void> {
  for await (const state of collection.state) if (state.status === 'closed') throw state.error;
}
