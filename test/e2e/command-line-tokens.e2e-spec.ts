import { describe, expect, it } from 'vitest';
import type { ChildProgram } from '../support/child-program.js';
import { useCommandLine } from '../support/command-line.js';
import { SECRET } from '../support/service.js';

describe('The command line signs tokens:', () => {
  const line = useCommandLine();

  function claimsOf(token: string): Record<string, unknown> {
    const payload = Buffer.from(token.split('.')[1]!, 'base64url').toString();
    return JSON.parse(payload) as Record<string, unknown>;
  }

  describe('token', () => {
    it('prints a token that the service accepts, and nothing else', async () => {
      const { code, stdout, stderr } = await line.commands.run(['token', 'ann']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { started } = await line.online(line.server.clientWithToken(stdout.trimEnd()));
      expect(started.session?.userId).toBe('ann');
    });

    it('prints a token with grants, in the claim that AUTH_GRANTS_CLAIM names', async () => {
      const grants = ['--group', 'acme', '--group', 'staff', '--join', 'acme/*', 'lobby'];
      const others = ['--watch', 'acme-public/*', '--moderate', 'stage', '--watch-only'];
      const args = ['token', 'max', ...grants, ...others];
      const claim = {
        groups: ['acme', 'staff'],
        join: ['acme/*', 'lobby'],
        watch: ['acme-public/*'],
        moderate: ['stage'],
        watch_only: true,
      };
      expect(claimsOf((await line.commands.run(args)).stdout).presence).toEqual(claim);
      const named = await line.commands.run(args, {
        AUTH_GRANTS_CLAIM: 'https://acme.example/presence',
      });
      expect(claimsOf(named.stdout)).toMatchObject({ 'https://acme.example/presence': claim });
      expect(claimsOf((await line.commands.run(['token', 'max'])).stdout)).not.toHaveProperty(
        'presence',
      );
    });

    it('takes a user whose name looks like an option after --', async () => {
      const { stdout } = await line.commands.run(['token', '--', '--admin']);
      const { started } = await line.online(line.server.clientWithToken(stdout.trimEnd()));
      expect(started.session?.userId).toBe('--admin');
    });

    it('signs for while asked, and for an admin', async () => {
      const { stdout } = await line.commands.run(['token', 'root', '--admin', '--ttl', '60']);
      const claims = claimsOf(stdout);
      expect(claims).toMatchObject({ sub: 'root', scope: 'presence:admin' });
      expect(Number(claims.exp) - Number(claims.iat)).toBe(60);
    });
  });

  describe('the program that signs tokens where only the server is installed', () => {
    function sign(...args: string[]): ChildProgram {
      const program = line.build.program('bootstrap/token.js', args, { AUTH_JWT_SECRET: SECRET });
      line.commands.adopt(program);
      return program;
    }

    it('prints a token that the service accepts', async () => {
      const program = sign('ann', '--ttl', '60');
      expect(await program.exited).toEqual({ code: 0, signal: null });
      const { started } = await line.online(line.server.clientWithToken(program.stdout.trimEnd()));
      expect(started.session?.userId).toBe('ann');
    });

    it('prints a token with grants', async () => {
      const program = sign('ann', '--group', 'acme', '--join', 'a', '--join', 'b', '--watch-only');
      await program.exited;
      const presence = { groups: ['acme'], join: ['a', 'b'], watch_only: true };
      expect(claimsOf(program.stdout)).toMatchObject({ presence });
    });

    it.each([
      [[]],
      [['ann', 'bob']],
      [['ann', '--ttl', '1h']],
      [['ann', '--root']],
      [['a\nb']],
      [['ann', '--join', '*a']],
    ])('shows its usage for wrong arguments: %j', async (args) => {
      const program = sign(...args);
      expect(await program.exited).toEqual({ code: 2, signal: null });
      expect(program.stdout).toBe('');
      expect(program.stderr).toMatch(/\nUsage: node dist\/bootstrap\/token[.]js/);
    });
  });
});
