import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PositionFile } from './position-file.js';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'position-'))));
afterEach(() => rm(folder, { recursive: true }));

it('a position file that does not exist has no position', async () => {
  expect(await new PositionFile(join(folder, 'position')).load()).toBe('');
});

it('a position file keeps the last position, and leaves no other file', async () => {
  const path = join(folder, 'position');
  const file = new PositionFile(path);
  await file.save('first');
  await file.save('second');
  expect(await new PositionFile(path).load()).toBe('second');
  expect(await readFile(path, 'utf8')).toBe('second\n');
  expect(await readdir(folder)).toEqual(['position']);
});

it('a position file keeps the old position until the new one is complete', async () => {
  const path = join(folder, 'position');
  await new PositionFile(path).save('old');
  // A crash in the middle of a write leaves such a file behind.
  await writeFile(`${path}.${process.pid}.tmp`, 'ne');
  expect(await new PositionFile(path).load()).toBe('old');
  await new PositionFile(path).save('new');
  expect(await readdir(folder)).toEqual(['position']);
});

it('a position file that cannot be read says so', async () => {
  await expect(new PositionFile(folder).load()).rejects.toThrow(
    `The file ${folder} cannot be read (EISDIR).`,
  );
});
