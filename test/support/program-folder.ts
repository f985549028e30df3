import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** One folder for the program, for a whole run of tests. */
export default async function provideFolder(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'presence-program-'));
  // Some tests run what is in it as somebody else.
  await chmod(folder, 0o755);
  project.provide('programFolder', folder);
  return () => rm(folder, { recursive: true });
}
