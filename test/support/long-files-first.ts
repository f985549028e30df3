import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The projects whose files start before those of any other. They contain the longest. */
const FIRST_PROJECTS = ['system', 'languages'];

/**
 * The files that take longest, the longest first. A file that is not in this list is in no
 * particular place.
 */
const LONG_FILES = [
  'test/e2e/clocks.e2e-spec.ts',
  'test/e2e/attacks.e2e-spec.ts',
  'test/e2e/command-line.e2e-spec.ts',
  'client/test/restarts.e2e-spec.ts',
  'test/e2e/redis-outage.e2e-spec.ts',
  'test/e2e/cluster.e2e-spec.ts',
  'test/e2e/process.e2e-spec.ts',
  'test/e2e/shutdown.e2e-spec.ts',
  'dashboard/test/board.e2e-spec.ts',
  'test/e2e/process-1.e2e-spec.ts',
  'test/e2e/redis-topologies.e2e-spec.ts',
  'dashboard/test/viewers.e2e-spec.ts',
  'test/e2e/token-revocation-nodes.e2e-spec.ts',
  'test/e2e/command-line-users.e2e-spec.ts',
  'test/e2e/command-line-access.e2e-spec.ts',
  'test/docs/walk-through.spec.ts',
  'dashboard/test/many-users.e2e-spec.ts',
];

/**
 * Orders the files of a run so that no worker is left alone with a long file at the end. Vitest
 * itself knows the durations only from an earlier run on the same machine.
 */
export class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [
      ...new Set([...FIRST_PROJECTS, ...sorted.map(({ project }) => project.name)]),
    ];
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = LONG_FILES.indexOf(relative(this.ctx.config.root, moduleId));
      return place === -1 ? LONG_FILES.length : place;
    };
    // The files of a project must stay together: a worker keeps its modules from one file to the
    // next only if both are of the same project.
    return sorted.sort(
      (a, b) =>
        projects.indexOf(a.project.name) - projects.indexOf(b.project.name) ||
        placeOf(a) - placeOf(b),
    );
  }
}
