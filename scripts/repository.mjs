#!/usr/bin/env node
// Sets the address of the repository in all files that name it. The address in the sources is a placeholder, because the
// project has no public repository.
//   node scripts/repository.mjs https://github.com/acme/presence-service
//   node scripts/repository.mjs --check https://github.com/acme/presence-service    fails if a file has another address
import { readFileSync, writeFileSync } from 'node:fs';

const FILES = [
  'package.json',
  'client/package.json',
  'nestjs/package.json',
  'clients/python/pyproject.toml',
  'deploy/helm/Chart.yaml',
  'Dockerfile',
];
const ADDRESS = /^https:\/\/[\w.-]+(\/[\w.-]+)+(?<!\/|[.]git)$/;

const args = process.argv.slice(2);
const isCheck = args[0] === '--check';
const address = args.at(-1) ?? '';
if (!ADDRESS.test(address)) fail('Usage: node scripts/repository.mjs [--check] https://HOST/PATH');

const { repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const current = repository.url.replace(/^git[+]|[.]git$/g, '');
for (const file of FILES) {
  const text = readFileSync(file, 'utf8');
  if (!text.includes(current)) fail(`${file} does not name ${current}, as package.json does.`);
  if (isCheck && current !== address) fail(`${file} names ${current}, not ${address}.`);
  if (!isCheck) writeFileSync(file, text.replaceAll(current, address));
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
