import { InvalidArgumentError } from 'commander';
import { integer } from '../config/setting-types.js';

/** Returns a parser for an option with an integer value in the given range. */
export function wholeNumberOption(least: number, most: number): (text: string) => number {
  const { read, description: allowed } = integer(least, most);
  return (text) => {
    const value = read(text);
    if (value === undefined) throw new InvalidArgumentError(`It must be ${allowed}.`);
    return value;
  };
}
