import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { loadEnvFile } from '#server/config/env-file.js';
import { benchCommand } from './commands/bench.js';
import { connectCommand } from './commands/connect.js';
import { consumeCommand } from './commands/consume.js';
import { countCommand } from './commands/count.js';
import { endCommand } from './commands/end.js';
import { explainCommand } from './commands/explain.js';
import { hideCommand } from './commands/hide.js';
import { listCommand } from './commands/list.js';
import { membersCommand } from './commands/members.js';
import { moveCommand, muteCommand, removeCommand } from './commands/moderate.js';
import { revokeCommand } from './commands/revoke.js';
import { serveCommand } from './commands/serve.js';
import { statusCommand } from './commands/status.js';
import { tokenCommand } from './commands/token.js';
import { watchCommand } from './commands/watch.js';
import { webhookCommand } from './commands/webhook.js';

const MORE = `
Exit codes:
  0    success
  1    failure
  2    wrong usage, or a missing setting
  130  ended by Ctrl-C (143 by SIGTERM)
  "presence serve" exits like the server: 0 stopped, 1 could not start, 2 unexpected error.

Examples:
  presence serve
  presence connect alice --join lobby
  presence watch --channel lobby

"presence help <command>" shows the options of a command.`;

/** Creates the command line with all its commands. */
export function createProgram(environment: NodeJS.ProcessEnv): Command {
  const program = new Command('presence')
    .description('Run a presence service, or call a running one.')
    .version(versionOf(new URL('../../package.json', import.meta.url)))
    .addHelpText('after', MORE)
    // The server reads the file itself and has its own message for errors in it.
    .hook('preSubcommand', (_, command) => {
      if (command.name() !== 'serve') loadEnvFile();
    });
  const commands = [
    serveCommand(),
    tokenCommand(environment),
    connectCommand(environment),
    watchCommand(environment),
    consumeCommand(environment),
    webhookCommand(),
    listCommand(environment),
    membersCommand(environment),
    countCommand(environment),
    statusCommand(environment),
    muteCommand(environment),
    moveCommand(environment),
    removeCommand(environment),
    hideCommand(environment),
    endCommand(environment),
    revokeCommand(environment),
    explainCommand(environment),
    benchCommand(environment),
  ];
  for (const command of commands) program.addCommand(command);
  failAsError(program);
  return program;
}

/** Makes commander throw usage errors, after it has printed them as one sentence. */
function failAsError(command: Command): void {
  command.commands.forEach(failAsError);
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(asSentence(text)),
  });
}

/**
 * Converts a message of commander, such as "error: unknown option '--jason'" with a suggestion on the next line, to
 * one line.
 */
function asSentence(text: string): string {
  const [mistake = '', ...hints] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  const hint = hints.length > 0 ? ` ${hints.join(' ')}` : '';
  const sentence = `${mistake.charAt(0).toUpperCase()}${mistake.slice(1)}`;
  // Some messages of commander end with a full stop.
  return `${sentence.replace(/[.]$/, '')}.${hint}\n`;
}

function versionOf(manifest: URL): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
