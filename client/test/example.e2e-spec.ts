import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Service, tokenOf } from '../../test/support/service.js';
import { Clients } from './support/clients.js';
import { PROTOCOLS } from './support/protocols.js';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));

let service: Service;
let clients: Clients;
beforeAll(async () => {
  // The example imports the published form of the package by its name, so the package is built first.
  await promisify(execFile)('npm', ['run', 'build'], { cwd: FOLDER });
  service = await Service.start();
  clients = new Clients(PROTOCOLS[0]!);
});
afterAll(async () => {
  clients.close();
  await service.stop();
});

it('the example shows who is in the lobby, who comes and goes, and ends when it is stopped', async () => {
  const bob = clients.of(service, 'bob').connect();
  await bob.joinChannel('lobby');
  const url = `http://${service.address()}`;
  const args = ['examples/team.mjs', await tokenOf('ann'), url];
  const program = spawn(process.execPath, args, {
    cwd: FOLDER,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(program, 'exit');
  const lines = createInterface(program.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => (await lines.next()).value;

  expect([await next(), await next(), await next(), await next()]).toEqual([
    'I am connecting',
    'I am online',
    'ann is here, online',
    'bob is here, online',
  ]);
  await bob.setStatus('away');
  expect(await next()).toBe('bob is away: requested');
  await bob.leaveChannel();
  expect(await next()).toBe('bob went: requested');
  await bob.joinChannel('lobby');
  expect(await next()).toBe('bob came');
  program.kill('SIGINT');
  expect(await next()).toBe('I am closed');
  expect(await exited).toEqual([0, null]);
});
