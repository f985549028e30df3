import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Command, Option } from 'commander';
import { examples, integerOption } from '../options/common-options.js';
import { escapeControls, style } from '../output/text.js';
import { Failure, UsageError } from '../runtime/failure.js';
import { runUntilSignal } from '../runtime/interruption.js';
import { webhookListener, type CloudEvent } from '../webhook/listener.js';
import { secretsIn } from '../webhook/signature.js';

interface ListenOptions {
  readonly port: number;
  readonly host: string;
  readonly secret?: string;
  readonly json?: boolean;
}

/** Creates the command with the commands for webhooks. */
export function webhookCommand(): Command {
  return new Command('webhook')
    .description('Develop a receiver of webhooks.')
    .addCommand(listenCommand())
    .addHelpText(
      'after',
      examples(['presence webhook listen --port 4000', 'print and verify what the service sends']),
    );
}

function listenCommand(): Command {
  return new Command('listen')
    .description(
      'Receive the webhooks of a service, verify their signatures, print their events, and answer 204. For development.',
    )
    .option('--port <port>', 'the port; 0: a free one', integerOption(0, 65_535), 4000)
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .addOption(
      new Option(
        '--secret <secrets>',
        'the secret of the service, whsec_ and base64; several are separated by spaces',
      ).env('WEBHOOK_SECRET'),
    )
    .option('--json', 'print each event as one line of JSON')
    .addHelpText(
      'after',
      examples(
        ['presence webhook listen', 'on port 4000, with WEBHOOK_SECRET of the file .env'],
        ['presence webhook listen --port 8080 --json | jq .subject', 'only the user ids'],
      ),
    )
    .action(({ secret, ...options }: ListenOptions) => {
      if (secret === undefined) throw new UsageError('Set --secret or WEBHOOK_SECRET.');
      const secrets = secretsIn(secret);
      if (secrets === undefined)
        throw new UsageError('The secret is not valid: it must be whsec_ followed by base64.');
      return listen(secrets, options);
    });
}

async function listen(
  secrets: readonly Buffer[],
  { port, host, json = false }: ListenOptions,
): Promise<void> {
  const inWords = json ? (event: CloudEvent) => JSON.stringify(event) : eventInWords;
  const server = webhookListener({
    secrets,
    onEvent: (event, isRepeated) => console.log(inWords(event, isRepeated)),
    onRejected: (problem) => console.error(`Rejected a request: ${problem}.`),
  });
  await runUntilSignal(async (signal) => {
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Failure(`The port ${port} on ${host} cannot be used (${code}).`);
    }
    const { address, port: used } = server.address() as AddressInfo;
    const at = address.includes(':') ? `[${address}]` : address;
    console.error(
      `Listening on http://${at}:${used}. Set WEBHOOK_URL of the service to this address.`,
    );
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    server.closeAllConnections();
    server.close();
  });
}

/** Describes an event in one line, with its JSON. */
function eventInWords({ type, subject = '', time = '', data }: CloudEvent, isRepeated: boolean) {
  const user = style('bold', escapeControls(subject));
  const again = isRepeated ? style('yellow', ' (again)') : '';
  return `${escapeControls(time)} ${escapeControls(type)} ${user}${again} ${style('gray', escapeControls(JSON.stringify(data)))}`;
}
