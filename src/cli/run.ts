import { CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.js';
import { ExitCode } from './exit-code.js';
import { Failure } from './failure.js';
import { Interrupted } from './interruption.js';
import { createProgram } from './program.js';

/** Runs a command, and leaves its exit code to the process. */
export async function run(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  process.stdout.once('error', failUnlessClosed);
  try {
    await createProgram(environment).parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    const sentence = sentenceOf(error);
    if (sentence !== undefined) console.error(sentence);
  }
}

/** Reports output that is lost, such as on a full disk. A closed pipe is no failure: its reader has read enough. */
function failUnlessClosed({ code }: NodeJS.ErrnoException): void {
  process.stdout.on('error', () => {});
  if (code === 'EPIPE') return;
  process.exitCode = ExitCode.FAILED;
  console.error(`Standard output cannot be written (${code}).`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Failure || error instanceof Interrupted) return error.exitCode;
  if (error instanceof ConfigError) return ExitCode.WRONG_USAGE;
  // Help that was asked for comes as an error, too.
  if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.OK;
  return error instanceof CommanderError ? ExitCode.WRONG_USAGE : ExitCode.FAILED;
}

/** What is yet to be said. What cannot be foreseen is told in full. */
function sentenceOf(error: unknown): string | undefined {
  if (error instanceof CommanderError || error instanceof Interrupted) return undefined;
  if (error instanceof Failure || error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
