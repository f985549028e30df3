#!/usr/bin/env node
// Checks the manifests in deploy/kubernetes, and those of the Helm chart with several values: against the JSON schemas of
// Kubernetes, which know required fields and formats, and against its TypeScript types. A schema accepts a misspelled
// field, as the cluster does. TypeScript rejects it, so each manifest becomes a literal in a program that must compile.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// Not in the root's lock file, but with the other tools: scripts/install-tools.
const TOOLS = new URL('../tools/', import.meta.url);
const KUBECTL = fileURLToPath(new URL('helm/node_modules/.unpacked/kubectl/kubectl', TOOLS));
const VALUES = ['single-node', 'everything'].map((name) => `test/fixtures/helm/${name}.yaml`);
/** The packages with the types and schemas of an API group. */
const PACKAGES = { 'monitoring.coreos.com': '@kubernetes-models/prometheus-operator' };

const require = createRequire(new URL('package.json', TOOLS));
const { parseAllDocuments } = require('yaml');
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

execFileSync('scripts/helm', ['lint', 'deploy/helm', '--quiet', '--strict'], { stdio: 'inherit' });
const manifests = [
  ...rendered(),
  ...VALUES.flatMap((file) => rendered('--values', file)),
  ...kustomized(),
];
manifests.forEach(validate);
compile(manifests);
console.log(`${manifests.length} manifests have the shape that Kubernetes requires`);

function rendered(...flags) {
  const args = ['template', 'presence', 'deploy/helm', ...flags];
  return documentsIn(execFileSync('scripts/helm', args, { encoding: 'utf8' }));
}

function kustomized() {
  // Beside the binary of Helm. On other systems, the one of the PATH.
  const kubectl = existsSync(KUBECTL) ? KUBECTL : 'kubectl';
  return documentsIn(
    execFileSync(kubectl, ['kustomize', 'deploy/kubernetes'], { encoding: 'utf8' }),
  );
}

function documentsIn(text) {
  const documents = parseAllDocuments(text);
  const broken = documents.flatMap(({ errors }) => errors);
  if (broken.length > 0) fail(broken.join('; '));
  return documents.map((document) => document.toJS()).filter((manifest) => manifest !== null);
}

function validate({ apiVersion, kind, ...rest }) {
  const { [kind]: Model } = require(moduleOf(apiVersion));
  try {
    new Model(rest).validate();
  } catch (error) {
    fail(`${kind} ${rest.metadata.name}: ${error.message}`);
  }
}

function compile(all) {
  const program = fileURLToPath(new URL('kubernetes-manifests.ts', TOOLS));
  writeFileSync(program, all.map(asCode).join('\n'));
  const options =
    '--noEmit --strict --skipLibCheck --module nodenext --target es2023 --types --ignoreConfig';
  const compiler = 'node_modules/typescript/bin/tsc';
  const args = [compiler, ...options.split(' '), program];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  rmSync(program);
  if (status !== 0) fail(stdout);
}

function asCode({ apiVersion, kind, ...rest }, i) {
  return `import { ${kind} as Kind${i} } from '${moduleOf(apiVersion)}';
new Kind${i}(${JSON.stringify(rest, undefined, 2)});`;
}

function moduleOf(apiVersion) {
  const [group] = apiVersion.split('/');
  return `${PACKAGES[group] ?? 'kubernetes-models'}/${apiVersion}`;
}

function fail(text) {
  console.error(text);
  process.exit(1);
}
