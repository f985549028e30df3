import { Command } from 'commander';
import type { Consumer, ConsumerState, EventKind } from '#client';
import { examples, type InterestOptions } from '../options/common-options.js';
import { addTargetOptions, type TargetOptions } from '../options/target.js';
import { ADMIN } from '../options/tokens.js';
import { batchAsJson, batchInWords } from '../output/event-lines.js';
import { PositionFile } from '../runtime/position-file.js';
import { withService } from '../runtime/service.js';

interface ConsumeOptions extends TargetOptions, InterestOptions {
  readonly positionFile: string;
  readonly kind?: readonly EventKind[];
  readonly json?: boolean;
}

/** Creates the command that prints every event, and goes on where it stopped when it is called again. */
export function consumeCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('consume'))
    .description(
      'Print every event until it is stopped, and keep the position in a file. When it is called again it goes on there, so it misses no event. Begins with a snapshot if there is no position or the service no longer has it.',
    )
    .requiredOption(
      '--position-file <file>',
      'the file that keeps the position; created if missing',
    )
    .option('--channel <channel...>', 'only users in these channels')
    .option('--group <group...>', 'only users in these groups')
    .option('--user <user...>', 'only these users')
    .option('--kind <kind...>', 'only events of these kinds, such as online')
    .option('--json', 'print one line of JSON for each event')
    .addHelpText(
      'after',
      examples(
        ['presence consume --position-file position', 'the events of all users'],
        ['presence consume --position-file lobby --channel lobby', 'the events of a channel'],
        ['presence consume --position-file p --kind online offline --json', 'for a program'],
      ),
    )
    .action(
      async ({ positionFile, channel, group, user, kind, json, ...target }: ConsumeOptions) => {
        const position = new PositionFile(positionFile);
        // A file that cannot be read is a mistake of the call. The consumer would try again for ever.
        await position.load();
        const linesOf = json === true ? batchAsJson : batchInWords;
        await withService(target, environment, ADMIN, async (client) => {
          const consumer = client.consume({
            position,
            onEvents: (batch) => print(linesOf(batch)),
            channels: channel ?? [],
            groups: group ?? [],
            users: user ?? [],
            kinds: kind ?? [],
          });
          await report(consumer, positionFile);
          await consumer.done;
        });
      },
    );
}

/** Resolves when standard output has taken the lines. Only then is the position saved. */
function print(lines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${lines.join('\n')}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Reports on standard error what hinders the consumer, until it ends. Throws the first error of the connection, because a
 * user at a terminal wants to see it at once.
 */
async function report(consumer: Consumer, positionFile: string): Promise<void> {
  let wasLive = false;
  let problem: string | undefined;
  for await (const state of consumer.state) {
    if (state.status === 'live') {
      if (problem !== undefined) console.error('Up to date again.');
      wasLive = true;
      problem = undefined;
      continue;
    }
    if (state.status === 'loading' && state.error !== undefined && !wasLive) throw state.error;
    const next = problemOf(state, positionFile);
    if (next !== undefined && next !== problem) console.error(next);
    problem = next ?? problem;
  }
}

function problemOf(state: ConsumerState, positionFile: string): string | undefined {
  if (state.status === 'stale' && state.error !== undefined)
    return `The connection was lost (${state.error.message}). Reconnecting.`;
  if (state.status !== 'retrying' || state.callback !== 'save') return undefined;
  const { code } = state.error as NodeJS.ErrnoException;
  return `The file ${positionFile} cannot be written (${code}). Trying again.`;
}
