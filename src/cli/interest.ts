import type { Command } from 'commander';

/** The channels and users to watch. With neither, everyone who is not offline. */
export interface InterestOptions {
  readonly channel?: readonly string[];
  readonly user?: readonly string[];
}

export function addInterestOptions(command: Command): Command {
  return command
    .option('--channel <channel...>', 'only who is in one of these channels')
    .option('--user <user...>', 'only these users');
}
