import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { blocksOf, pages, PROJECT, type Block } from './markdown.js';
import { Terminal } from './terminal.js';
import { treatmentOf } from './treatment.js';

/** The page that starts the server that all other pages use. */
const FIRST = 'README.md';

const others = pages().filter((page) => page !== FIRST && blocksOf(page).some(isRun));

/**
 * Executes the documentation literally, starting with the clone. The replaced commands are in
 * `stand-ins`: a clone includes uncommitted files, `npm ci` links the installed packages, and
 * grpcurl may be missing.
 */
describe('A reader who follows the documentation', () => {
  let folder: string;
  let terminal: Terminal;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'presence-docs-'));
    terminal = Terminal.start(folder, join(PROJECT, 'test/docs/stand-ins'));
  });
  afterAll(async () => {
    await terminal.close();
    await rm(folder, { recursive: true });
  });

  it.each([FIRST, ...others])('gets the output that %s shows', async (page) => {
    if (page !== FIRST) {
      await terminal.run(`cd ${folder}/presence-service; TOKEN=${tokenIn(terminal.output)}`);
    }
    const modules: string[] = [];
    for (const block of blocksOf(page)) await follow(block, modules);
    // Only the server and the watching commands of the first page keep running.
    if (page === FIRST) terminal.keepWhatWasLeft();
    else terminal.interruptWhatWasLeft();
  });

  async function follow(block: Block, modules: string[]): Promise<void> {
    const treatment = treatmentOf(block);
    if (treatment.type === 'output') {
      if (treatment.afterInterrupt) terminal.interrupt();
      await terminal.says(block.code.trimEnd().split('\n'));
    }
    if (treatment.type !== 'run') return;
    if (block.language === 'js') modules.push(block.code);
    const commands = block.language === 'js' ? await moduleOf(modules) : commandsOf(block);
    if (treatment.goesOn) terminal.leave(commands);
    else await terminal.run(commands);
  }

  function commandsOf({ code }: Block): string {
    return code
      .replace('<this repository>', PROJECT)
      .replace('eyJhbGciOi...', () => tokenIn(terminal.output));
  }

  /** Joins the JavaScript blocks of a page into one module, which has the token. */
  async function moduleOf(blocks: readonly string[]): Promise<string> {
    const file = join(folder, 'presence-service', 'written-in-the-documentation.mjs');
    const token = `const token = '${tokenIn(terminal.output)}';`;
    await writeFile(file, [token, ...blocks].join('\n'));
    return `node ${file}`;
  }
});

function isRun(block: Block): boolean {
  return treatmentOf(block).type === 'run';
}

/** Returns the token that the server has printed. */
function tokenIn(output: string): string {
  const [token] = /eyJ[\w-]+\.[\w-]+\.[\w-]+/.exec(output) ?? [];
  if (token === undefined) throw new Error(`there is no token in this:\n${output}`);
  return token;
}
