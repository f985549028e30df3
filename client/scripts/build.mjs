// Builds the package as ES modules and as CommonJS, each with its own types.
//   npm run build --prefix client
// The compiler is the one of the root. In a fresh clone it is installed first.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = `${root}node_modules/typescript/bin/tsc`;
// Output of the tools goes to stderr, because `npm pack --json` writes to stdout.
const stdio = ['ignore', process.stderr, process.stderr];

if (!existsSync(compiler)) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio });
}
rmSync(`${client}dist`, { recursive: true, force: true });
for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  const project = `tsconfig.${format === 'esm' ? 'build' : format}.json`;
  execFileSync(process.execPath, [compiler, '-p', project, '--outDir', `dist/${format}`], {
    cwd: client,
    stdio,
  });
  mkdirSync(`${client}dist/${format}`, { recursive: true });
  writeFileSync(`${client}dist/${format}/package.json`, `${JSON.stringify({ type })}\n`);
}
