import { CommanderError } from 'commander';
import { ConfigError } from '#server/config/config-error.js';
import { createProgram } from './program.js';
import { ExitCode, Failure } from './runtime/failure.js';
import { Interrupted } from './runtime/interruption.js';

/** Runs the command line, and sets the exit code of the process. */
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

/**
 * Reports output that cannot be written, for example because the disk is full. A closed pipe is not a failure: its
 * reader has read enough.
 */
function failUnlessClosed({ code }: NodeJS.ErrnoException): void {
  process.stdout.on('error', () => {});
  if (code === 'EPIPE') return;
  process.exitCode = ExitCode.FAILED;
  console.error(`Standard output cannot be written (${code}).`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof Failure || error instanceof Interrupted) return error.exitCode;
  if (error instanceof ConfigError) return ExitCode.WRONG_USAGE;
  // Commander also throws an error when it has printed help on request.
  if (error instanceof CommanderError && error.exitCode === 0) return ExitCode.OK;
  return error instanceof CommanderError ? ExitCode.WRONG_USAGE : ExitCode.FAILED;
}

/** Returns the text that is still to be printed. An unexpected error is printed with its stack trace. */
function sentenceOf(error: unknown): string | undefined {
  if (error instanceof CommanderError || error instanceof Interrupted) return undefined;
  if (error instanceof Failure || error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
