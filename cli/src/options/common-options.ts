import { type Command, InvalidArgumentError, Option } from 'commander';

/** The channels or groups, and the users to watch. With none, everyone who is not offline. */
export interface InterestOptions {
  readonly channel?: readonly string[];
  readonly group?: readonly string[];
  readonly user?: readonly string[];
}

export function addInterestOptions(command: Command): Command {
  return command
    .option('--channel <channel...>', 'only users in these channels')
    .addOption(new Option('--group <group...>', 'only users in these groups').conflicts('channel'))
    .option('--user <user...>', 'only these users');
}

/** Returns a parser for an option with an integer value in the given range. */
export function integerOption(least: number, most: number): (text: string) => number {
  return (text) => {
    // `Number()` alone would also accept 1e3, 0x10, 5.0 and blanks.
    const value = /^(0|[1-9]\d*)$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be an integer from ${least} to ${most}.`);
  };
}

/** Formats the examples at the end of a help text: each command with its purpose. */
export function examples(
  ...lines: readonly (readonly [command: string, purpose: string])[]
): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const list = lines.map(([command, purpose]) => `  ${command.padEnd(width)}   ${purpose}`);
  return ['', 'Examples:', ...list].join('\n');
}
