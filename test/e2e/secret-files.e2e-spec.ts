import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signToken } from '../../src/auth/sign-token.js';
import { Build, type ServerProcess } from '../support/built-server.js';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { MountedFiles } from '../support/mounted-files.js';
import { RedisServer } from '../support/redis-server.js';

const OLD = 'the-old-secret-of-these-tests-32-bytes';
const NEW = 'the-new-secret-of-these-tests-32-bytes';

/** Starts to send commands of a session, one after the other. The returned function stops, and throws if one failed. */
function keepCalling(client: Client, sessionId: string): () => Promise<void> {
  const errors: unknown[] = [];
  let isRunning = true;
  let calls = 0;
  const running = (async () => {
    for (; isRunning; calls++) {
      const joining = client.joinChannel({ sessionId, channelId: `room ${calls}` });
      await joining.catch((error: unknown) => errors.push(error));
      // The rate of commands is limited.
      await sleep(25);
    }
  })();
  return async () => {
    isRunning = false;
    await running;
    expect(errors).toEqual([]);
    expect(calls).toBeGreaterThan(0);
  };
}

describe('Secrets in files that change while the server runs', () => {
  let build: Build;
  let volume: MountedFiles;
  let redis: RedisServer;
  let operator: Redis;
  let node: ServerProcess;
  beforeAll(async () => void (build = await Build.make()));
  afterAll(() => build.remove());
  beforeEach(async () => {
    volume = await MountedFiles.with({ tokens: `${OLD}\n`, redis: 'old-password\n' });
    redis = await RedisServer.start();
    operator = new Redis(redis.port, '127.0.0.1');
    await operator.call('ACL', 'SETUSER', 'default', 'resetpass', '>old-password');
    node = build.run({
      AUTH_JWT_SECRET_FILE: join(volume.path, 'tokens'),
      REDIS_URL: redis.url,
      REDIS_PASSWORD_FILE: join(volume.path, 'redis'),
    });
    await node.serving();
  });
  afterEach(async () => {
    await node.kill();
    operator.disconnect();
    await redis.stop();
    await volume.remove();
  });

  /** Returns a client with a token that the service has not seen before. */
  async function clientOf(userId: string, key: string): Promise<Client> {
    return node.clientWithToken(await signToken({ key, userId, ttlSeconds: 3600 }));
  }

  async function accepts(key: string): Promise<boolean> {
    const client = await clientOf(`user ${Math.random()}`, key);
    return client.listSessions().then(
      () => true,
      ({ code }: { readonly code: status }) => {
        expect(code).toBe(status.UNAUTHENTICATED);
        return false;
      },
    );
  }

  it('rotate without a refused call, and sessions stay', async () => {
    const ann = await clientOf('ann', OLD);
    const { sessionId, stream } = await ann.connect();
    const subscription = ann.subscribe({ skipSnapshot: true });
    const { resumeToken } = await subscription.beginning();
    subscription.cancel();
    const endCalls = keepCalling(ann, sessionId);

    // Each step is one that operators take, in the order of docs/security.md.
    await operator.call('ACL', 'SETUSER', 'default', '>new-password');
    await volume.write({ tokens: `${OLD}\n${NEW}\n`, redis: 'new-password\n' });
    await node.says(/now verified with 2 keys/);
    await node.says(/use the new password/);
    expect([await accepts(OLD), await accepts(NEW)]).toEqual([true, true]);
    await endCalls();

    const again = await clientOf('ann', NEW);
    const endNewCalls = keepCalling(again, sessionId);
    await volume.write({ tokens: `${NEW}\n`, redis: 'new-password\n' });
    await operator.call('ACL', 'SETUSER', 'default', '<old-password');
    await node.says(/now verified with 1 key /);
    expect([await accepts(OLD), await accepts(NEW)]).toEqual([false, true]);
    await endNewCalls();
    expect((await again.listSessions()).sessions).toMatchObject([{ sessionId }]);
    const resumed = again.subscribe({ resumeToken });
    expect(await resumed.beginning()).toMatchObject({ isReset: false });
    resumed.cancel();

    await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes');
    const lastJoin = { sessionId, channelId: 'the last room' };
    await eventually(
      () =>
        again.joinChannel(lastJoin).then(
          () => true,
          () => false,
        ),
      true,
    );
    stream.cancel();

    expect(node.output).not.toMatch(/WRONGPASS|NOAUTH/);
    for (const secret of [OLD, NEW, 'old-password', 'new-password']) {
      expect(node.output).not.toContain(secret);
    }
  });

  it('stay in use while a file is invalid, which is logged once', async () => {
    await volume.write({ tokens: 'hunter2', redis: '' });
    await node.says(/The previous keys stay valid\./);
    await node.says(/use the previous password\./);
    expect(await accepts(OLD)).toBe(true);
    await volume.write({ tokens: NEW, redis: 'old-password' });
    await node.says(/now verified with 1 key /);
    expect(await accepts(NEW)).toBe(true);
    expect(node.output.match(/The previous keys stay valid\./g)).toHaveLength(1);
    expect(node.output).not.toContain('hunter2');
  });
});

describe('A secret file', () => {
  let build: Build;
  let folder: string;
  beforeAll(async () => {
    build = await Build.make();
    folder = await mkdtemp(join(tmpdir(), 'presence-secret-'));
  });
  afterAll(async () => {
    await build.remove();
    await rm(folder, { recursive: true });
  });

  it('signs tokens where the server is installed and on the command line', async () => {
    const file = join(folder, 'tokens');
    await writeFile(file, `${NEW} ${OLD}`);
    const server = build.run({ AUTH_JWT_SECRET_FILE: file });
    await server.serving();
    for (const path of ['bootstrap/token.js', 'cli/presence.js']) {
      const args = path.startsWith('cli') ? ['token', 'ann'] : ['ann'];
      const program = build.program(path, args, { AUTH_JWT_SECRET_FILE: file });
      expect(await program.exited).toEqual({ code: 0, signal: null });
      const client = server.clientWithToken(program.stdout.trim());
      expect((await client.listSessions()).sessions).toEqual([]);
    }
    await server.kill();
  });

  it.each([
    ['too-short', 'hunter2', 'which must hold 1 to 8 secrets, separated by spaces or line breaks'],
    ['missing', undefined, 'which cannot be read (ENOENT)'],
  ])('that is %s ends the start with one sentence', async (name, text, reason) => {
    const file = join(folder, name);
    if (text !== undefined) await writeFile(file, text);
    const server = build.run({ AUTH_JWT_SECRET_FILE: file });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    expect(server.output).toContain(`  AUTH_JWT_SECRET_FILE names ${file}, ${reason}`);
    expect(server.output).not.toContain('hunter2');
  });
});
