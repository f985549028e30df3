// Packs the package for NestJS, installs it as an application does, and checks that
// - its package.json is right for all ways to resolve modules,
// - the application in app.ts compiles with each version of Nest, TypeScript 5 and 6 and the usual settings of `module`,
// - it starts as CommonJS and as ES modules, on Express and on Fastify.
// Needs the registry, the packages of scripts/install-tools, and client/dist as check-package.mjs of the client leaves it.
import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const nestjs = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const { devDependencies, dependencies } = read(`${root}package.json`);

/** The versions of Nest. The last one is that of this repository. Nest 12 has ES modules only. */
const NESTS = { 10: '10', 11: '11', 12: dependencies['@nestjs/core'] };
const TYPESCRIPT_5 = `${root}tools/node_modules/typescript-5`;
const TYPESCRIPT_6 = `${root}node_modules/typescript`;

/**
 * The settings with which applications are compiled. `nests`: not with the other versions of Nest, to save time, or because Nest
 * 12 has no types for them.
 */
const PROGRAMS = [
  {
    type: 'commonjs',
    name: 'node10',
    at: TYPESCRIPT_5,
    nests: ['10'],
    module: 'commonjs',
    moduleResolution: 'node10',
  },
  { type: 'commonjs', name: 'node16', at: TYPESCRIPT_6, nests: ['11'], module: 'node16' },
  { type: 'commonjs', name: 'nodenext', at: TYPESCRIPT_6, module: 'nodenext', starts: true },
  { type: 'module', name: 'nodenext', at: TYPESCRIPT_5, nests: ['12'], module: 'nodenext' },
  { type: 'module', name: 'node20', at: TYPESCRIPT_6, module: 'node20', starts: true },
  {
    type: 'module',
    name: 'bundler',
    at: TYPESCRIPT_6,
    module: 'esnext',
    moduleResolution: 'bundler',
  },
];
const EXPECTED = 'gap\n3 204 401 true\n'.repeat(2);

const folder = mkdtempSync(join(tmpdir(), 'presence-nestjs-'));
const complaints = [];
try {
  const client = pack(`${root}client`, ['--ignore-scripts']);
  const tarball = pack(nestjs, ['--ignore-scripts=false']);
  lint(tarball);
  for (const [nest, version] of Object.entries(NESTS))
    await checkWith(nest, version, [client, tarball]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;

function pack(cwd, options) {
  const args = ['pack', ...options, '--json', '--pack-destination', folder];
  const [{ name, filename, files, size }] = JSON.parse(run('npm', args, cwd));
  const paths = files.map(({ path }) => path);
  for (const path of ['LICENSE', 'README.md', 'dist/esm/index.js', 'dist/cjs/index.js']) {
    if (!paths.includes(path)) complaints.push(`${path} is missing in ${name}.`);
  }
  if (readFileSync(join(cwd, 'LICENSE'), 'utf8') !== readFileSync(`${root}LICENSE`, 'utf8')) {
    complaints.push(`The LICENSE of ${name} differs from that of the root.`);
  }
  console.log(`${name}: ${paths.length} files, ${Math.round(size / 1000)} kB packed`);
  return join(folder, filename);
}

function lint(tarball) {
  for (const [name, ...args] of [
    ['attw', tarball, '--no-color', '--format', 'ascii'],
    ['publint', 'run', tarball, '--strict'],
  ]) {
    attempt(name, () => run(`${root}tools/node_modules/.bin/${name}`, args, folder));
  }
}

async function checkWith(nest, version, tarballs) {
  const project = join(folder, nest);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  const packages = ['common', 'core', 'platform-express', 'platform-fastify'];
  const names = packages.map((name) => `@nestjs/${name}@${version.replace(/[.].*/, '')}`);
  const others = [
    `@types/node@${devDependencies['@types/node']}`,
    'reflect-metadata@0.2',
    'rxjs@7',
  ];
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  run('npm', ['install', ...options, ...tarballs, ...names, ...others], project);
  // Files of packages, parsed once for each compiler and format.
  const parsed = new Map();
  for (const program of PROGRAMS) {
    const { type, name, nests } = program;
    if (nests !== undefined && !nests.includes(nest)) continue;
    const place = join(project, `${type}-${name}`);
    mkdirSync(place);
    copyFileSync(`${nestjs}scripts/app.ts`, join(place, 'app.ts'));
    writeFileSync(join(place, 'package.json'), JSON.stringify({ private: true, type }));
    const what = `Nest ${nest}, ${name}, "type": "${type}"`;
    attempt(`${what}: compiles`, () => compile(place, program, parsed));
    if (program.starts) await start(what, nest, type, place);
  }
}

/** Compiles the application, and throws its mistakes and those in the types of this package and the client. */
function compile(place, { at, module, moduleResolution }, parsed) {
  const ts = createRequire(import.meta.url)(at);
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      module,
      ...(moduleResolution && { moduleResolution }),
      target: 'ES2022',
      lib: ['ES2023'],
      types: ['node'],
      strict: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      esModuleInterop: true,
    },
    place,
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getCurrentDirectory = () => place;
  host.getSourceFile = (file, settings, ...rest) => {
    if (file.startsWith(place)) return getSourceFile(file, settings, ...rest);
    const key = `${at} ${settings.impliedNodeFormat} ${file}`;
    if (!parsed.has(key)) parsed.set(key, getSourceFile(file, settings, ...rest));
    return parsed.get(key);
  };
  const program = ts.createProgram([join(place, 'app.ts')], options, host);
  const ours = program
    .getSourceFiles()
    .filter(
      ({ fileName }) => fileName.startsWith(place) || fileName.includes('/@presence-service/'),
    );
  const mistakes = [
    ...program.getOptionsDiagnostics(),
    ...ours.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]),
  ];
  if (mistakes.length > 0) throw { stdout: ts.formatDiagnostics(mistakes, host), stderr: '' };
  program.emit();
}

/** Starts the application. CommonJS must not need `require` of ES modules, unless Nest itself does. */
async function start(what, nest, type, place) {
  const needsNone = type === 'commonjs' && nest !== '12';
  const args = [...(needsNone ? ['--no-experimental-require-module'] : []), join(place, 'app.js')];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args).catch(
    (error) => error,
  );
  attempt(`${what}: starts`, () => {
    if (stdout !== EXPECTED) throw { stdout, stderr };
  });
}

function attempt(name, check) {
  try {
    check();
    console.log(`passed: ${name}`);
  } catch (error) {
    complaints.push(`FAILED: ${name}\n${error.stdout ?? error}${error.stderr ?? ''}`);
  }
}

function run(command, args, cwd) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
