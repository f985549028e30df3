// Builds the package in the current folder as ES modules and as CommonJS, each with its own types.
//   npm run build --prefix client
//   npm run build --prefix nestjs
// The compiler is the one of the root. In a fresh clone it is installed first.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = join(root, 'node_modules/typescript/bin/tsc');
// Output of the tools goes to stderr, because `npm pack --json` writes to stdout.
const stdio = ['ignore', process.stderr, process.stderr];

if (!existsSync(compiler)) {
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: root, stdio });
}
const { peerDependencies = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
if ('@presence-service/client' in peerDependencies) {
  const project = join(root, 'client/tsconfig.build.json');
  const outDir = join(root, 'build/client-types');
  compile('-p', project, '--emitDeclarationOnly', '--outDir', outDir);
}
rmSync('dist', { recursive: true, force: true });
for (const [format, type] of [
  ['esm', 'module'],
  ['cjs', 'commonjs'],
]) {
  const project = `tsconfig.${format === 'esm' ? 'build' : format}.json`;
  compile('-p', project, '--outDir', `dist/${format}`);
  mkdirSync(`dist/${format}`, { recursive: true });
  writeFileSync(`dist/${format}/package.json`, `${JSON.stringify({ type })}\n`);
}

function compile(...args) {
  execFileSync(process.execPath, [compiler, ...args], { stdio });
}
