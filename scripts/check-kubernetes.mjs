#!/usr/bin/env node
// Checks deploy/kubernetes against the TypeScript types of the Kubernetes API. A schema would
// accept a misspelt field, as the cluster does. TypeScript rejects it, so each manifest becomes a
// literal in a program that must compile.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const FOLDER = new URL('../deploy/kubernetes/', import.meta.url);
// Not in the root's lock file, but with the other tools: scripts/install-tools.
const TOOLS = new URL('../tools/', import.meta.url);
const LIST = 'kustomization.yaml';
const { parseAllDocuments } = createRequire(new URL('package.json', TOOLS))('yaml');

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml') && file !== LIST);
const [{ resources }] = documentsIn(LIST);
if (resources.toSorted().join() !== files.toSorted().join()) {
  fail(`${LIST} lists ${resources.join()}, and there are ${files.join()}`);
}

const manifests = files.flatMap(documentsIn);
const program = fileURLToPath(new URL('kubernetes-manifests.ts', TOOLS));
writeFileSync(program, manifests.map(asCode).join('\n'));
const compiler = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url));
const options =
  '--noEmit --strict --skipLibCheck --module nodenext --target es2023 --types --ignoreConfig';
const { status, stdout } = spawnSync(process.execPath, [compiler, ...options.split(' '), program], {
  encoding: 'utf8',
});
rmSync(program);
if (status !== 0) fail(stdout);
console.log(`${manifests.length} manifests are as Kubernetes wants them`);

function documentsIn(file) {
  const documents = parseAllDocuments(readFileSync(new URL(file, FOLDER), 'utf8'));
  const broken = documents.flatMap(({ errors }) => errors);
  if (broken.length > 0) fail(`${file}: ${broken.join('; ')}`);
  return documents.map((document) => document.toJS());
}

function asCode({ apiVersion, kind, ...rest }, i) {
  return `import { ${kind} as Kind${i} } from 'kubernetes-models/${apiVersion}';
new Kind${i}(${JSON.stringify(rest, undefined, 2)});`;
}

function fail(text) {
  console.error(text);
  process.exit(1);
}
