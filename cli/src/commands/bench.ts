import { Command } from 'commander';
import { PresenceError } from '#client';
import { Bench, type BenchPlan, type Latencies } from '../bench/bench.js';
import { examples, integerOption } from '../options/common-options.js';
import { addTargetOptions, targetOf, type TargetOptions } from '../options/target.js';
import { tokenSigner } from '../options/tokens.js';
import { withProgressBar } from '../output/progress-bar.js';
import { counted } from '../output/text.js';
import { failureOf } from '../runtime/failure.js';
import { runUntilSignal } from '../runtime/interruption.js';

interface BenchOptions extends Omit<TargetOptions, 'token'>, BenchPlan {}

/** Creates the command that puts a simple load on a service. */
export function benchCommand(environment: NodeJS.ProcessEnv): Command {
  return addTargetOptions(new Command('bench'), { token: false })
    .description(
      'Run a simple load test against a running service. It measures the time until a change is committed, and until every session in the channel has received it. It signs a token for each user with AUTH_JWT_SECRET. For meaningful results, run it on another machine than the service.',
    )
    .option('--sessions <count>', 'number of sessions', integerOption(1, 10_000), 100)
    .option(
      '--channel-size <count>',
      'number of sessions in each channel',
      integerOption(1, 10_000),
      10,
    )
    .option('--rate <count>', 'changes per second', integerOption(1, 100_000), 50)
    .option('--seconds <count>', 'duration in seconds', integerOption(1, 3600), 10)
    .addHelpText(
      'after',
      examples(
        ['presence bench', '100 sessions in channels of 10, 50 changes per second for 10 s'],
        ['presence bench --sessions 1000 --rate 500', 'more sessions and changes'],
      ),
    )
    .action(({ sessions, channelSize, rate, seconds, ...options }: BenchOptions) =>
      runUntilSignal(async (signal) => {
        const target = targetOf(options);
        const signer = await tokenSigner(environment, 'Signing a token for each user of the test');
        const bench = new Bench({ sessions, channelSize, rate, seconds }, target, signer);
        try {
          await withProgressBar(sessions, (show) =>
            bench.gather(signal, (count) => show(count, `${counted(count, 'session')} connected`)),
          );
          const changes = rate * seconds;
          await withProgressBar(changes, (show) =>
            bench.run(signal, (count) => show(count, counted(count, 'change'))),
          );
        } catch (error) {
          throw error instanceof PresenceError ? failureOf(error, target.address) : error;
        } finally {
          await bench.close();
        }
        console.log(resultInWords(bench).join('\n'));
        bench.failures.throwIfAny('change', target.address);
      }),
    );
}

function resultInWords({ commits, deliveries, expected }: Bench): string[] {
  return [
    `commit    ${inWords(commits)}  ${counted(commits.count, 'change')}`,
    `delivery  ${inWords(deliveries)}  ${deliveries.count.toLocaleString('en')} of ${expected.toLocaleString('en')}`,
  ];
}

function inWords(latencies: Latencies): string {
  if (latencies.count === 0) return 'none';
  const [middle, most] = [50, 99].map(
    (percent) => `${latencies.percentile(percent).toFixed(1)} ms`,
  );
  return `p50 ${middle!.padStart(10)}  p99 ${most!.padStart(10)}`;
}
