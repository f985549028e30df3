// Packs the client library, installs it as an application does, and checks that
// - its package.json is right for all ways to resolve modules,
// - the example of README.md and one that uses every entry point compile with TypeScript 5 and 6,
// - every entry point can be loaded with `require` and with `import`.
// Needs the registry, and the packages of scripts/install-tools.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const client = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const { devDependencies, optionalDependencies } = read(`${root}package.json`);
const versions = { ...devDependencies, ...optionalDependencies };
const { exports: entries } = read(`${client}package.json`);
const entryPoints = Object.keys(entries)
  .filter((path) => path !== './package.json')
  .map((path) => `@presence-service/client${path.slice(1)}`);

/** The compilers, and the `module` settings that each knows. */
const COMPILERS = {
  'TypeScript 5': `${root}tools/node_modules/typescript-5`,
  'TypeScript 6': `${root}node_modules/typescript`,
};
const MODULES = {
  node10: { module: 'commonjs', moduleResolution: 'node10' },
  node16: { module: 'node16' },
  nodenext: { module: 'nodenext' },
  node20: { module: 'node20' },
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
};

/** The types of the language, of Node and of React. They are parsed once for each compiler, and their mistakes are not ours. */
const FOREIGN = /[/]lib[.][^/]*d[.]ts$|[/]node_modules[/](@types|csstype|undici-types)[/]/;

const folder = mkdtempSync(join(tmpdir(), 'presence-client-'));
const complaints = [];
try {
  const tarball = pack();
  lint(tarball);
  install(tarball);
  compileAll();
  loadAll();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;

function pack() {
  // `npm run` passes the setting ignore-scripts of the root on, and then nothing would build the package.
  const options = ['--ignore-scripts=false', '--json', '--pack-destination', folder];
  const output = run('npm', ['pack', ...options], client);
  const [{ filename, files, size }] = JSON.parse(output);
  const paths = files.map(({ path }) => path);
  for (const path of ['LICENSE', 'README.md', 'dist/esm/index.js', 'dist/cjs/index.js']) {
    if (!paths.includes(path)) complaints.push(`${path} is missing in the package.`);
  }
  if (readFileSync(`${client}LICENSE`, 'utf8') !== readFileSync(`${root}LICENSE`, 'utf8')) {
    complaints.push('client/LICENSE differs from LICENSE.');
  }
  console.log(`client: ${paths.length} files, ${Math.round(size / 1000)} kB packed`);
  return join(folder, filename);
}

function lint(tarball) {
  const tool = (name, ...args) => attempt(name, `${root}tools/node_modules/.bin/${name}`, args);
  tool('attw', tarball, '--no-color', '--format', 'ascii');
  tool('publint', 'run', tarball, '--strict');
}

function install(tarball) {
  const packages = [
    '@connectrpc/connect-node',
    '@connectrpc/connect-web',
    '@types/node',
    '@types/react',
    'react',
  ];
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  const named = packages.map((name) => `${name}@${versions[name]}`);
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, ...named], folder);
}

function compileAll() {
  for (const type of ['commonjs', 'module']) {
    const project = join(folder, type);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type }));
    writeFileSync(join(project, 'readme.ts'), inFunction(exampleOf(`${client}README.md`)));
    writeFileSync(join(project, 'product.ts'), inFunction(exampleOf(`${root}README.md`)));
    const all = entryPoints.map((name, i) => `import * as e${i} from '${name}';`);
    const uses = entryPoints.map((_, i) => `console.log(e${i});`);
    writeFileSync(join(project, 'entries.ts'), [...all, ...uses, ''].join('\n'));
  }
  for (const [compiler, at] of Object.entries(COMPILERS)) {
    const libraries = new Map();
    const ts = createRequire(import.meta.url)(at);
    for (const type of ['commonjs', 'module']) {
      for (const [name, settings] of Object.entries(MODULES)) {
        // The other settings do not read `type`.
        if (type === 'module' && settings.moduleResolution !== undefined) continue;
        const found = mistakesIn(join(folder, type), ts, settings, libraries);
        report(`${compiler}, ${name}, "type": "${type}"`, found);
      }
    }
  }
}

/** Compiles the programs of a folder. `libraries` keeps the parsed foreign types. */
function mistakesIn(project, ts, settings, libraries) {
  const isDeprecated = settings.moduleResolution === 'node10' && ts.versionMajorMinor >= '6';
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      ...settings,
      ...(isDeprecated && { ignoreDeprecations: '6.0' }),
      target: 'ES2022',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      types: ['node'],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    },
    project,
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getCurrentDirectory = () => project;
  host.getSourceFile = (file, format, ...rest) => {
    if (!FOREIGN.test(file)) return getSourceFile(file, format, ...rest);
    const key = `${format.impliedNodeFormat} ${file}`;
    if (!libraries.has(key)) libraries.set(key, getSourceFile(file, format, ...rest));
    return libraries.get(key);
  };
  const files = ['readme.ts', 'product.ts', 'entries.ts'].map((name) => join(project, name));
  const program = ts.createProgram(files, options, host);
  const checked = program.getSourceFiles().filter(({ fileName }) => !FOREIGN.test(fileName));
  const diagnostics = [
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ];
  return diagnostics.length === 0 ? undefined : ts.formatDiagnostics(diagnostics, host);
}

function loadAll() {
  const required = entryPoints.map((name) => `console.log(Object.keys(require('${name}')));`);
  const imported = entryPoints.map((name) => `console.log(Object.keys(await import('${name}')));`);
  writeFileSync(join(folder, 'commonjs', 'load.js'), required.join('\n'));
  writeFileSync(join(folder, 'module', 'load.js'), imported.join('\n'));
  for (const type of ['commonjs', 'module']) {
    // Node must find CommonJS there, not load ES modules with `require`, which not every version can.
    const args = type === 'commonjs' ? ['--no-experimental-require-module'] : [];
    attempt(`load, ${type}`, process.execPath, [...args, join(folder, type, 'load.js')]);
  }
}

/** The first example of a page in TypeScript that imports the library. */
function exampleOf(page) {
  const blocks = readFileSync(page, 'utf8').matchAll(/^```ts\n(.*?)^```/gms);
  for (const [, code] of blocks) if (code.includes("'@presence-service/client'")) return code;
  throw new Error(`${page} has no example`);
}

/** CommonJS has no `await` at the top level, so the statements after the imports go into a function. */
function inFunction(code) {
  const lines = code.split('\n');
  const rest = lines.findLastIndex((line) => line.startsWith('import ')) + 1;
  return [
    ...lines.slice(0, rest),
    'export async function main() {',
    ...lines.slice(rest),
    '}',
    '',
  ].join('\n');
}

function attempt(name, command, args) {
  try {
    run(command, args, folder);
    report(name);
  } catch (error) {
    report(name, `${error.stdout}${error.stderr}`);
  }
}

function report(name, failure) {
  if (failure === undefined) console.log(`passed: ${name}`);
  else complaints.push(`FAILED: ${name}\n${failure}`);
}

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
