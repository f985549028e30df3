import { readFile } from 'node:fs/promises';
import { ConfigError } from './config-error.js';
import type { SettingName } from './settings.js';

/** A file whose path is what a setting says. */
export interface NamedFile {
  readonly setting: SettingName;
  readonly path: string;
}

/** The text in a file. Throws a `ConfigError` when it cannot be read. */
export function readNamedFile(file: NamedFile): Promise<string> {
  const text = readFile(file.path, 'utf8').then(withoutByteOrderMark);
  return text.catch(({ code }: NodeJS.ErrnoException) => {
    throw fileMistake(file, `which cannot be read (${code})`);
  });
}

/** Windows editors put the mark in front of a text, where PEM and settings do not expect it. */
export function withoutByteOrderMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

/** What is wrong with a file. `what` goes on after its path. */
export function fileMistake({ setting, path }: NamedFile, what: string): ConfigError {
  return new ConfigError([`${setting} names ${path}, ${what}.`]);
}
