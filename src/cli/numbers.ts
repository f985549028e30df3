import { InvalidArgumentError } from 'commander';
import { integer } from '../config/setting-types.js';

/** Reads a whole number of an option. */
export function wholeNumberOption(least: number, most: number): (text: string) => number {
  const { read, description: allowed } = integer(least, most);
  return (text) => {
    const value = read(text);
    if (value === undefined) throw new InvalidArgumentError(`It must be ${allowed}.`);
    return value;
  };
}
