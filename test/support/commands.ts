import type { Build } from './built-server.js';
import type { ChildProgram } from './child-program.js';

/** Starts commands of the built command line. A test kills those that still run when it ends. */
export class Commands {
  private readonly running: ChildProgram[] = [];

  constructor(
    private readonly build: Build,
    /** Environment variables of every command. */
    private readonly settings: Readonly<Record<string, string>> = {},
  ) {}

  start(args: readonly string[], settings: Readonly<Record<string, string>> = {}): ChildProgram {
    return this.adopt(this.build.command(args, { ...this.settings, ...settings }));
  }

  /** Also kills a program that the test has started in another way. */
  adopt(program: ChildProgram): ChildProgram {
    this.running.push(program);
    return program;
  }

  /** Runs a command that ends by itself, and returns its output. */
  async run(
    args: readonly string[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
    const program = this.start(args, settings);
    const { code } = await program.exited;
    return { code, stdout: program.stdout, stderr: program.stderr };
  }

  async killAll(): Promise<void> {
    await Promise.all(this.running.splice(0).map((program) => program.kill()));
  }
}
