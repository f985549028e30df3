import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Build, type ServerProcess } from '../support/built-server.js';
import { Authority } from '../support/certificates.js';
import { SECRET, tokenOf } from '../support/service.js';
import { trusting } from '../support/tls-client.js';
import { TlsFolder } from '../support/tls-folder.js';

describe('The program with TLS', () => {
  let build: Build;
  let root: Authority;
  let folder: TlsFolder;
  let server: ServerProcess;
  beforeAll(async () => {
    build = await Build.make();
    root = await Authority.make('root');
  });
  beforeEach(async () => void (folder = await TlsFolder.with(await root.server())));
  afterEach(async () => {
    await server.kill();
    await folder.remove();
  });
  afterAll(() => build.remove());

  /** Connects a user with these credentials, and returns the user id of the session. */
  async function connected(security = trusting(root)): Promise<string | undefined> {
    const client = server.clientWithToken(await tokenOf('ann'), security);
    return (await client.connect()).started.session?.userId;
  }

  it('logs it in one line, without a warning', async () => {
    server = await build.serve(folder.settings);
    expect(server.output).toMatch(/gRPC uses TLS; the certificate is valid until .*\n/);
    expect(server.output).not.toMatch(/WARN|PRIVATE/);
    expect(await connected()).toBe('ann');
  });

  it('loads new certificates by itself', async () => {
    server = await build.serve(folder.settings);
    const next = await Authority.make('next root');
    await folder.write(await next.server());
    await server.says(/New gRPC connections use TLS/);
    expect(await connected(trusting(next))).toBe('ann');
  });

  it('serves it on a Unix socket as well', async () => {
    server = await build.serve({ ...folder.settings, GRPC_URL: `unix:${build.folder}/tls-socket` });
    expect(await connected()).toBe('ann');
  });

  it.each<[string, () => Promise<Record<string, string>>, RegExp]>([
    [
      'a certificate without its key',
      () => Promise.resolve({ GRPC_TLS_CERT_FILE: folder.files.certFile }),
      /^ {2}GRPC_TLS_CERT_FILE cannot be used without GRPC_TLS_KEY_FILE\.$/,
    ],
    [
      'a file that is not there',
      () => Promise.resolve({ ...folder.settings, GRPC_TLS_CLIENT_CA_FILE: '/nowhere/ca.crt' }),
      /^ {2}GRPC_TLS_CLIENT_CA_FILE names \/nowhere\/ca.crt, which cannot be read \(ENOENT\)\.$/,
    ],
    [
      'the key of another certificate',
      async () => {
        const [{ cert }, { key }] = [await root.server(), await root.server()];
        await folder.write({ cert, key });
        return folder.settings;
      },
      /^ {2}GRPC_TLS_KEY_FILE names .*, but that is not the key of the certificate in .*\.$/,
    ],
  ])('does not start with %s, and says why in one sentence', async (_what, settings, sentence) => {
    const quiet = { AUTH_JWT_SECRET: SECRET, LOG_LEVEL: 'warn' };
    server = build.run({ ...quiet, ...(await settings()) });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    const [heading, mistake, ...more] = server.output.trimEnd().split('\n');
    expect(heading).toBe('These settings cannot be used:');
    expect(mistake).toMatch(sentence);
    expect(more).toEqual([]);
  });
});
