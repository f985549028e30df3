import { readFile } from 'node:fs/promises';
import { ConfigError } from './config-error.js';
import type { SettingName } from './settings.js';

/** A file whose path is the value of a setting. */
export interface NamedFile {
  readonly setting: SettingName;
  readonly path: string;
}

/** Reads the text of a file. Throws a `ConfigError` if the file cannot be read. */
export function readNamedFile(file: NamedFile): Promise<string> {
  const text = readFile(file.path, 'utf8').then(withoutByteOrderMark);
  return text.catch(({ code }: NodeJS.ErrnoException) => {
    throw fileMistake(file, `which cannot be read (${code})`);
  });
}

/** Removes the byte order mark that Windows editors write, because PEM and settings do not expect it. */
export function withoutByteOrderMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

/** Returns the error for a file that cannot be used. `what` continues the sentence after the path. */
export function fileMistake({ setting, path }: NamedFile, what: string): ConfigError {
  return new ConfigError([`${setting} names ${path}, ${what}.`]);
}
