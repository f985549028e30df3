import type { Reporter } from 'vitest/node';
import type { LeftOut } from './requirements.js';

/**
 * Prints at the end of a run the tests that this machine could not run, and the package that each
 * of them needs.
 */
export class LeftOutNotice implements Reporter {
  constructor(private readonly leftOut: readonly LeftOut[]) {}

  onTestRunEnd(): void {
    if (this.leftOut.length === 0) return;
    const lines = this.leftOut.map(({ requirement, reason, files }) => {
      const { name, debianPackage } = requirement;
      return `  ${files.length} test files need ${name} (${reason}); Debian package: ${debianPackage}`;
    });
    console.log(`\nLeft out on this machine:\n${lines.join('\n')}\n`);
  }
}
