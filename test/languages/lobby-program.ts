import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Build } from '../support/built-server.js';
import { ChildProgram } from '../support/child-program.js';
import { freePort } from '../support/free-port.js';
import { tokenOf } from '../support/service.js';
import { blocksOf } from '../docs/markdown.js';

/** Returns the program of a page. */
export function programOf(page: string, language: string): string {
  const [program, ...others] = blocksOf(page).filter((block) => block.language === language);
  expect(others).toEqual([]);
  return program!.code;
}

/**
 * Runs a program that keeps a user in the lobby, and checks that it survives a server that restarts,
 * and ends when the token is rejected twice. `command` gets the address and the file of the token.
 */
export async function expectToKeepTheLobby(
  build: Build,
  folder: string,
  command: readonly string[],
): Promise<void> {
  const file = join(folder, 'token');
  await writeFile(file, await tokenOf('ann'));
  const settings = { GRPC_URL: `127.0.0.1:${await freePort()}`, HEARTBEAT_TIMEOUT_MS: '4000' };
  let server = await build.serve(settings);
  const [path, ...args] = [...command, server.grpcAddress, file];
  const program = new ChildProgram(spawn(path, args));
  try {
    await program.says(/^online as ann$/m);
    await program.says(/^current: \d in the lobby$/m);
    // The snapshot contains her if the session has begun before the subscription.
    await program.says(/^ann is in the lobby|^current: 1 in the lobby$/m);
    const bob = await server.client('bob');
    const { sessionId } = await bob.connect();
    await bob.joinChannel({ sessionId, channelId: 'lobby' });
    await program.says(/^bob is in the lobby/m);
    await server.kill();
    server = await build.serve(settings);
    await program.says(/online as ann\n[^]*online as ann\n/);
    await program.says(/^reset\n[^]*^current: \d in the lobby$/m);
    await writeFile(file, 'not a token');
    await server.kill();
    server = await build.serve(settings);
    expect(await program.exited).not.toMatchObject({ code: 0 });
    expect(program.output).toMatch(/unauthenticated/i);
  } finally {
    await program.kill();
    await server.kill();
  }
}
