#!/usr/bin/env node
// Checks the files in .github/workflows with the language service of GitHub Actions: syntax, names of keys, permissions,
// expressions, and which jobs need which.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const require = createRequire(new URL('../tools/package.json', import.meta.url));
// The packages import JSON without the attribute that Node.js requires.
const HOOK = `export const load = (url, context, next) =>
  next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context);`;
register(`data:text/javascript,${encodeURIComponent(HOOK)}`);
const PACKAGES = new URL('../tools/node_modules/', import.meta.url);
const service = await import(new URL('@actions/languageservice/dist/index.js', PACKAGES).href);
const { TextDocument } = require('vscode-languageserver-textdocument');

const FOLDER = '.github/workflows';
const files = readdirSync(FOLDER).map((name) => `${FOLDER}/${name}`);
for (const file of files) {
  const url = pathToFileURL(file).href;
  const findings = await service.validate(
    TextDocument.create(url, 'yaml', 1, readFileSync(file, 'utf8')),
  );
  for (const { range, message } of findings) {
    console.error(`${file}:${range.start.line + 1}: ${message}`);
    process.exitCode = 1;
  }
}
if (process.exitCode !== 1) console.log(`${files.join()}: valid`);
