import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { PROJECT } from './markdown.js';

/** Runs an example with only Node and a shell on its path. */
function run(
  command: string,
  args: readonly string[],
): Promise<{ readonly code: unknown; readonly stderr: string }> {
  return new Promise((resolve) => {
    const env = { PATH: '/nonexistent' };
    execFile(command, args, { cwd: PROJECT, env }, (error, _stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stderr });
    });
  });
}

describe('An example whose requirements are missing', () => {
  it.each(['watch', 'first-call', 'typing'])(
    'says how to call it: %s.mjs without a token',
    async (name) => {
      expect(await run(process.execPath, [`examples/${name}.mjs`])).toEqual({
        code: 2,
        stderr: `Usage: node examples/${name}.mjs <token> [address]\n`,
      });
    },
  );

  it('says how to call it: grpcurl.sh without a token', async () => {
    expect(await run('/bin/bash', ['examples/grpcurl.sh'])).toEqual({
      code: 2,
      stderr: 'Usage: examples/grpcurl.sh TOKEN [ADDRESS]\n',
    });
  });

  it('names the missing command: grpcurl.sh without grpcurl', async () => {
    const { code, stderr } = await run('/bin/bash', ['examples/grpcurl.sh', 'a-token']);
    expect(code).toBe(1);
    expect(stderr).toContain('needs grpcurl, which was not found');
  });
});
