#!/usr/bin/env node
// Prints the part of CHANGELOG.md about a version: node scripts/release-notes.mjs 1.2.3. Fails if there is none, or if a package
// or the chart has another version.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const [version = ''] = process.argv.slice(2);
const { version: chart, appVersion } = parse(readFileSync('deploy/helm/Chart.yaml', 'utf8'));
const versions = {
  'package.json': JSON.parse(readFileSync('package.json', 'utf8')).version,
  'client/package.json': JSON.parse(readFileSync('client/package.json', 'utf8')).version,
  'nestjs/package.json': JSON.parse(readFileSync('nestjs/package.json', 'utf8')).version,
  'clients/python/pyproject.toml': /^version = "(.+)"$/m.exec(
    readFileSync('clients/python/pyproject.toml', 'utf8'),
  )?.[1],
  'deploy/helm/Chart.yaml': chart,
  'appVersion of deploy/helm/Chart.yaml': appVersion,
};
for (const [place, found] of Object.entries(versions)) {
  if (found !== version) fail(`The version in ${place} is ${found}, not ${version}.`);
}

const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m).slice(1);
const section = sections.find((each) => /^\[?([^\]\s]+)/.exec(each)?.[1] === version);
if (section === undefined) fail(`CHANGELOG.md has no heading "## ${version}".`);
console.log(section.slice(section.indexOf('\n')).trim());

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
