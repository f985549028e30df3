// Replays a trace against a running service: npm run replay -- trace.csv --speed 60
import { Command, InvalidArgumentError } from 'commander';
import { addTargetOptions, targetOf, type TargetOptions } from '../../../cli/src/options/target.js';
import { tokenSigner } from '../../../cli/src/options/tokens.js';
import { withProgressBar } from '../../../cli/src/output/progress-bar.js';
import { counted } from '../../../cli/src/output/text.js';
import { Failure } from '../../../cli/src/runtime/failure.js';
import { Interrupted, runUntilSignal } from '../../../cli/src/runtime/interruption.js';
import { loadEnvFile } from '../../../src/config/env-file.js';
import { Replay } from './replay.js';
import { readTrace } from './trace.js';

interface ReplayOptions extends Omit<TargetOptions, 'token'> {
  readonly speed: number;
}

loadEnvFile();
const command = addTargetOptions(new Command('replay'), { token: false })
  .description('Repeats the sessions of a trace against a running service, in real time or faster.')
  .argument('<trace.csv>', 'columns t_seconds, action, session, user and reason')
  .option('--speed <factor>', 'seconds of the trace per second, or "max"', speedOf, 1)
  .action((path: string, options: ReplayOptions) =>
    runUntilSignal((stop) => run(path, options, stop)),
  );
try {
  await command.parseAsync();
} catch (error) {
  const isExpected = error instanceof Failure || error instanceof Interrupted;
  if (!(error instanceof Interrupted)) console.error(isExpected ? error.message : error);
  process.exitCode = isExpected ? error.exitCode : 1;
}

async function run(path: string, options: ReplayOptions, stop: AbortSignal): Promise<void> {
  const { speed, ...target } = options;
  const signer = await tokenSigner(process.env, 'Signing a token for each user of the trace');
  const rows = readTrace(path);
  const replay = new Replay(rows, targetOf(target), signer, speed);
  const beganAt = performance.now();
  await withProgressBar(rows.length, async (show) => {
    await replay.run(stop, (done) => show(done, counted(replay.open, 'session')));
    await replay.close();
  });
  const { begun, activities, closed, lost, mostAtOnce } = replay.summary;
  console.log(
    [
      `${counted(rows.length, 'row')} in ${((performance.now() - beganAt) / 1000).toFixed(1)} s`,
      `${counted(begun, 'session')} connected, at most ${mostAtOnce.toLocaleString('en')} at a time`,
      `${counted(closed, 'session')} closed, ${lost.toLocaleString('en')} lost`,
      `${activities.toLocaleString('en')} activities`,
      `${replay.failures.count.toLocaleString('en')} failed`,
    ].join('\n'),
  );
  replay.failures.throwIfAny('row', target.address);
}

function speedOf(text: string): number {
  const value = text === 'max' ? Infinity : Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0, or "max".');
  return value;
}
