import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** Provides one folder for the built program for all tests of a run. */
export default async function provideFolder(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'presence-program-'));
  // Some tests run its content as another user.
  await chmod(folder, 0o755);
  project.provide('programFolder', folder);
  return () => rm(folder, { recursive: true });
}
