import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare global {
  // Vitest loads this module once for each project, and the projects of a run share one process.
  var programFolderOfTests: Promise<string> | undefined;
}

/** Provides one folder for the built program for all tests of a run, in all projects. */
export default async function provideFolder(project: TestProject): Promise<() => Promise<void>> {
  const folder = await (globalThis.programFolderOfTests ??= newFolder());
  project.provide('programFolder', folder);
  return () => rm(folder, { recursive: true, force: true });
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'presence-program-'));
  // Some tests run its content as another user.
  await chmod(folder, 0o755);
  return folder;
}
