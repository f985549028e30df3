import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ServerProcess } from './built-server.js';
import { ChildProgram } from './child-program.js';
import { tokenOf } from './service.js';

const PROGRAM = fileURLToPath(new URL('./attacker.mjs', import.meta.url));

const USERS = Array.from({ length: 10 }, (_, i) => `mallory-${i}`);

/** The attacks that the attacker program can run, by name. */
export const ATTACKS = [
  'health',
  'reflection',
  'headers',
  'large headers',
  'calls of users',
  'large headers of users',
  'large requests',
  'large requests in JSON',
  'parts of requests over HTTP',
] as const;

export type Attack = (typeof ATTACKS)[number];

/** Starts an attack on a server with `connections` connections of 1,000 calls each. */
export async function attack(
  { grpcAddress, httpUrl }: ServerProcess,
  kind: Attack,
  connections: number,
): Promise<ChildProgram> {
  const tokens = await Promise.all(USERS.map((userId) => tokenOf(userId)));
  const args = [PROGRAM, kind, grpcAddress, httpUrl, String(connections), '1000', ...tokens];
  return new ChildProgram(spawn(process.execPath, args));
}
