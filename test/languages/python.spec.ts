import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf, PROJECT } from '../docs/markdown.js';
import { Build, type ServerProcess } from '../support/built-server.js';
import { freePort } from '../support/free-port.js';
import { generatePython, runPython } from '../support/python.js';
import { tokenOf } from '../support/service.js';

const README = 'clients/python/README.md';

describe('The package for Python', () => {
  let build: Build;
  let server: ServerProcess;
  let folder: string;
  let source: string;
  beforeAll(async () => {
    build = await Build.make();
    server = await build.serve({ DRAIN_TIMEOUT_MS: '1000' });
    folder = await mkdtemp(join(tmpdir(), 'presence-python-'));
    // A copy, because tests of several runs may generate the modules at the same time.
    await cp(`${PROJECT}proto`, join(folder, 'proto'), { recursive: true });
    await cp(`${PROJECT}clients/python`, join(folder, 'clients/python'), { recursive: true });
    source = join(folder, 'clients/python');
    await runPython(['generate.py'], { cwd: source });
  });
  afterAll(async () => {
    await server.kill();
    await build.remove();
    await rm(folder, { recursive: true });
  });

  it('passes its own tests, with a server that they start and stop', async () => {
    const { stderr } = await runPython(['-m', 'unittest'], {
      cwd: source,
      env: {
        PYTHONPATH: 'src',
        PRESENCE_TEST_PROGRAM: build.folder,
        PRESENCE_TEST_PORT: `${await freePort()}`,
      },
    });
    expect(stderr).toMatch(/^Ran \d+ tests/m);
    expect(stderr).toMatch(/^OK$/m);
  });

  it('prints what its README shows, with the first program', async () => {
    const shown = blocksOf(README).find(({ language }) => language === 'text');
    const { stdout } = await runPython(
      ['examples/lobby.py', await tokenOf('alice'), server.grpcAddress],
      { cwd: source, env: { PYTHONPATH: 'src' } },
    );
    expect(stdout).toBe(shown?.code);
  });

  it('has blocks of code in its README that are correct Python', async () => {
    const blocks = blocksOf(README).filter(({ language }) => language === 'python');
    expect(blocks.length).toBeGreaterThan(2);
    const check = 'import sys\nfor code in sys.argv[1:]: compile(code, "README", "exec")';
    await runPython(['-c', check, ...blocks.map(({ code }) => code)]);
  });

  it('has correct types, as has its example, for mypy in strict mode', async () => {
    const paths = ['src/presence_service', 'examples'];
    const { stdout } = await runPython(['-m', 'mypy', '--no-incremental', ...paths], {
      cwd: source,
    });
    expect(stdout).toMatch(/^Success: no issues found in \d+ source files/);
  });

  it('installs with its modules and types', async () => {
    const target = join(folder, 'installed');
    await runPython(
      [
        '-m',
        'pip',
        'install',
        '--no-build-isolation',
        '--no-deps',
        '--no-index',
        '--target',
        target,
        source,
      ],
      { env: { HOME: folder } },
    );
    const installed = await readdir(join(target, 'presence_service'));
    expect(installed).toEqual(
      expect.arrayContaining(['py.typed', 'google_rpc.binpb', 'client.py']),
    );
    expect(await readdir(join(target, 'presence_service/v1'))).toContain('presence_pb2.pyi');
    const env = { PYTHONPATH: target };
    await runPython(['-c', 'import presence_service'], { cwd: folder, env });
  });

  it('generates modules with which a plain client uses every service', async () => {
    const protos = join(folder, 'protos');
    const modules = join(folder, 'modules');
    await mkdir(modules);
    await cp('node_modules/grpc-health-check/proto', protos, { recursive: true });
    await cp(
      'node_modules/@grpc/reflection/build/proto/grpc/reflection/v1',
      join(protos, 'grpc_reflection_v1'),
      {
        recursive: true,
      },
    );
    await generatePython(protos, modules, [
      'health/v1/health.proto',
      'grpc_reflection_v1/reflection.proto',
    ]);
    const alone = await build.serve({ DRAIN_TIMEOUT_MS: '1000' });
    const { stdout } = await runPython(
      [
        'test/languages/foreign_client.py',
        alone.grpcAddress,
        await tokenOf('alice'),
        await tokenOf('bob'),
        await tokenOf('root', { isAdmin: true }),
        join(source, 'src/presence_service/google_rpc.binpb'),
      ],
      { cwd: PROJECT, env: { PYTHONPATH: `${modules}:${source}/src` } },
    );
    expect(stdout).toContain('PASS');
    alone.signal('SIGTERM');
    expect(await alone.exited).toEqual({ code: 0, signal: null });
  });
});
