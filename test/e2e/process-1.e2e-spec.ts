import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { AS_PROCESS_1 } from '../support/process-1.js';
import { SECRET } from '../support/service.js';

/** Sends a signal to process 1 when the program imports a module. */
function whileLoading(module: string, signal: string): Readonly<Record<string, string>> {
  const hooks = `
    export const resolve = (specifier, context, next) => {
      if (specifier === ${JSON.stringify(module)}) process.kill(1, ${JSON.stringify(signal)});
      return next(specifier, context);
    };`;
  const hooksUrl = `data:text/javascript,${encodeURIComponent(hooks)}`;
  const program = `import { register } from "node:module"; register(${JSON.stringify(hooksUrl)});`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(program)}` };
}

describe('The server as process 1', () => {
  let build: Build;
  let server: ServerProcess | undefined;
  beforeAll(async () => void (build = await Build.make()));
  afterEach(() => server?.kill());
  afterAll(() => build.remove());

  describe.each(['SIGTERM', 'SIGINT'])('ends at once with 0 at a %s', (signal) => {
    it.each([
      ['the first of its modules', './bootstrap/bootstrap.js'],
      ['the framework', '@nestjs/core'],
      ['gRPC', '@grpc/grpc-js'],
      ['the client of Redis', 'ioredis'],
    ])('that comes while it loads %s', async (_, module) => {
      const settings = { AUTH_JWT_SECRET: SECRET, ...whileLoading(module, signal) };
      server = build.run(settings, { wrapper: AS_PROCESS_1 });
      expect(await server.exited).toEqual({ code: 0, signal: null });
      expect(server.output).toBe('');
    });
  });

  it('ends with 0 at a SIGTERM while it waits for Redis', async () => {
    const silent = createServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    const settings = { AUTH_JWT_SECRET: SECRET, REDIS_URL: `redis://127.0.0.1:${port}` };
    server = build.run(settings, { wrapper: AS_PROCESS_1 });
    await once(silent, 'connection');
    process.kill(childOf(server.pid)!, 'SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    silent.close();
  });

  it('ends with 0 at a SIGTERM when it serves', async () => {
    server = await build.serve({}, { wrapper: AS_PROCESS_1 });
    process.kill(childOf(server.pid)!, 'SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('ends with 0 below npm, which passes a signal on while the server is loaded', async () => {
    const settings = { AUTH_JWT_SECRET: SECRET, ...whileLoading('@nestjs/core', 'SIGTERM') };
    const npm = 'exec npm exec --offline --call "exec node dist/main.js"';
    server = build.run(settings, { wrapper: [...AS_PROCESS_1, 'sh', '-c', npm, 'sh'] });
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('ends with 0 as "presence serve" while it is loaded', async () => {
    const settings = { AUTH_JWT_SECRET: SECRET, ...whileLoading('commander', 'SIGTERM') };
    const program = build.command(['serve'], settings, (command) => [...AS_PROCESS_1, ...command]);
    expect(await program.exited).toEqual({ code: 0, signal: null });
  });
});

function childOf(pid: number): number | undefined {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return child ? Number(child) : undefined;
}
