import { CommanderError, type Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from './program.js';

/** Runs the command line in this process, and returns the help that it prints. */
async function helpOf(command: string): Promise<string> {
  let printed = '';
  const program = createProgram({});
  const output = { writeOut: (text: string) => void (printed += text) };
  for (const each of [program, ...program.commands] as Command[]) each.configureOutput(output);
  await expect(program.parseAsync([command, '--help'], { from: 'user' })).rejects.toBeInstanceOf(
    CommanderError,
  );
  return printed;
}

describe('The help of', () => {
  it.each(createProgram({}).commands.map((command) => command.name()))(
    '%s has examples',
    async (command) => {
      const help = await helpOf(command);
      expect(help).toMatch(new RegExp(`^Usage: presence ${command}`));
      expect(help).toMatch(new RegExp(`Examples:\n.*presence ${command}`));
    },
  );
});
