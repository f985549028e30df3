import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const CLIENT = fileURLToPath(new URL('..', import.meta.url));

it(
  'the program that is written in README.md, block by block, compiles',
  { timeout: 60_000 },
  () => {
    const readme = readFileSync(`${CLIENT}README.md`, 'utf8');
    const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
    expect(blocks.length).toBeGreaterThan(8);
    const wrong =
      "import { createPresenceClient } from '@presence-service/client';\ncreatePresenceClient({});";
    const [mistakes, mistakesOfWrong] = mistakesIn([blocks.join('\n'), wrong]);
    expect(mistakes).toEqual([]);
    // Only what would find a mistake proves something.
    expect(mistakesOfWrong).toHaveLength(1);
  },
);

/** What the compiler says of each program, each as if it were a file beside this one. */
function mistakesIn(programs: readonly string[]): string[][] {
  const read = ts.readConfigFile(`${CLIENT}tsconfig.json`, (file) => ts.sys.readFile(file));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, CLIENT);
  options.noUnusedLocals = false;
  const sources = new Map(programs.map((code, i) => [`${CLIENT}test/program-${i}.ts`, code]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (file) => sources.get(file) ?? readFile(file);
  host.fileExists = (file) => sources.has(file) || fileExists(file);
  const compiled = ts.createProgram([...sources.keys()], options, host);
  return [...sources.keys()].map((file) => {
    const source = compiled.getSourceFile(file);
    return [
      ...compiled.getSyntacticDiagnostics(source),
      ...compiled.getSemanticDiagnostics(source),
    ].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  });
}
