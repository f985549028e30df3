import ts from 'typescript';
import { PROJECT } from './markdown.js';

const CLIENT = `${PROJECT}client/`;

/**
 * Returns the compiler errors of each program. Each is compiled like a file next to the tests of
 * the client library.
 */
export function mistakesIn(programs: readonly string[]): string[][] {
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
