import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { UsageError } from '../runtime/failure.js';

/** The options of every command that calls a service. */
export interface TargetOptions {
  readonly address: string;
  readonly token?: string;
  readonly tls?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The address of a service and its TLS settings. */
export interface Target {
  /** The address as given, for messages. */
  readonly address: string;
  readonly baseUrl: string;
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

/** Adds the options. `token` is whether `--token` exists: commands that act for many users sign their own tokens. */
export function addTargetOptions(command: Command, { token = true } = {}): Command {
  if (token) {
    command.addOption(
      new Option(
        '--token <token>',
        'token of the caller; by default one is signed with AUTH_JWT_SECRET',
      ).env('PRESENCE_TOKEN'),
    );
  }
  return command
    .addOption(
      new Option('--address <host:port>', 'gRPC address of the service')
        .env('PRESENCE_ADDRESS')
        .default('localhost:50051'),
    )
    .option('--tls', 'use TLS')
    .option('--ca <file>', 'use TLS, and trust the certificate authorities in this file (PEM)')
    .option('--cert <file>', 'use TLS with this client certificate (PEM)')
    .option('--key <file>', 'private key of --cert (PEM)');
}

export function targetOf({ address, tls = false, ca, cert, key }: TargetOptions): Target {
  if (!/^(\[[^\]]+\]|[^:/\s]+):\d+$/.test(address) || !URL.canParse(`http://${address}`)) {
    throw new UsageError(`The address ${address} is not host:port or [IPv6]:port.`);
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError('A certificate needs its key: set both --cert and --key.');
  }
  const isSecure = tls || ca !== undefined || cert !== undefined;
  return {
    address,
    baseUrl: `${isSecure ? 'https' : 'http'}://${address}`,
    tls: {
      ...(ca !== undefined && { ca: read(ca) }),
      ...(cert !== undefined && { cert: read(cert) }),
      ...(key !== undefined && { key: read(key) }),
    },
  };
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(`The file ${path} cannot be read (${code}).`);
  }
}
