import { Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../failure.js';
import { examples } from '../help.js';
import { counted } from '../in-words.js';
import { runUntilSignal } from '../interruption.js';
import { Replay } from '../replay/replay.js';
import { MalformedTrace, readTrace, type TraceRow } from '../replay/trace.js';
import { addTargetOptions, targetOf, type TargetOptions } from '../target.js';
import { withProgressBar } from '../terminal/progress-bar.js';
import { TokenSigner } from '../tokens.js';

interface ReplayOptions extends Omit<TargetOptions, 'token'> {
  readonly speed: number;
}

/** Creates the command that replays a trace against a service. */
export function replayCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('replay'), { token: false })
    .description(
      'Live what a trace tells: sessions that begin, do something and end, each on a connection of its own. The trace is a CSV file with the columns t_seconds, action, session, user and reason. Signs a token for every user with AUTH_JWT_SECRET.',
    )
    .argument('<trace.csv>', 'the file')
    .option('--speed <factor>', 'how many seconds of the trace pass in one, or "max"', speed, 1)
    .addHelpText(
      'after',
      examples(
        ['presence replay day.csv --speed 60', 'a day in 24 minutes'],
        ['presence replay day.csv --speed max', 'as fast as the service takes it'],
      ),
    )
    .action((path: string, { speed, ...options }: ReplayOptions) =>
      runUntilSignal(async (signal) => {
        const target = targetOf(options);
        const signer = TokenSigner.of(environment, 'Every user of the trace gets a token');
        const rows = read(path);
        const replay = new Replay(rows, target, signer, speed);
        const beganAt = performance.now();
        await withProgressBar(rows.length, async (show) => {
          await replay.run(signal, (done) => show(done, counted(replay.open, 'session')));
          await replay.close();
        });
        const tookSeconds = (performance.now() - beganAt) / 1000;
        console.log(summaryInWords(replay, tookSeconds).join('\n'));
        replay.failures.throwIfAny('row', target.address);
      }),
    );
}

function speed(text: string): number {
  const value = text === 'max' ? Infinity : /^\d+([.]\d+)?$/.test(text) ? Number(text) : 0;
  if (value <= 0) throw new InvalidArgumentError('It must be a number above 0, or "max".');
  return value;
}

function read(path: string): TraceRow[] {
  try {
    return readTrace(path);
  } catch (error) {
    if (error instanceof MalformedTrace) throw new UsageError(error.message);
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`The file ${path} cannot be read (${code}).`);
  }
}

function summaryInWords({ summary, failures }: Replay, tookSeconds: number): string[] {
  const { rows, begun, activities, endedInOrder, lost, mostAtOnce } = summary;
  return [
    `${counted(rows, 'row')} in ${tookSeconds.toFixed(1)} s`,
    `${counted(begun, 'session')} begun, at most ${mostAtOnce.toLocaleString('en')} at a time`,
    `${counted(endedInOrder, 'session')} ended in order, ${lost.toLocaleString('en')} lost`,
    counted(activities, 'action'),
    `${failures.count.toLocaleString('en')} failed`,
  ];
}
