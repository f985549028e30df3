import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** These start the program itself, with as many processes as they need. */
const PROGRAM = [
  'cluster',
  'command-line',
  'command-line-terminal',
  'flood',
  'greedy-peers',
  'heap',
  'hostile-peers',
  'lost-network',
  'memory',
  'process',
  'redis-outage',
  'redis-topologies',
  'shutdown',
  'tls-program',
].map((name) => `test/e2e/${name}.e2e-spec.ts`);
const PROGRAM_OF_CLIENT = ['example', 'restarts'].map((name) => `client/test/${name}.e2e-spec.ts`);

const source = (file: string) => fileURLToPath(new URL(`client/src/${file}`, import.meta.url));

/** What is promised to every client, whatever it calls over. */
const PROMISES = [
  'channels',
  'event-filters',
  'events',
  'invisible',
  'lists',
  'mute',
  'resume',
  'sessions',
  'statuses',
  'stream-heartbeats',
  'subscription-limits',
  'token-claims',
  'token-expiry',
  'versions',
].map((name) => `test/e2e/${name}.e2e-spec.ts`);

export default defineConfig({
  // The client library from its sources, as the command line and its users name it.
  resolve: {
    alias: [
      { find: '#client', replacement: source('index.ts') },
      { find: /^@presence-service\/client$/, replacement: source('index.ts') },
      { find: /^@presence-service\/client\/activity$/, replacement: source('activity.ts') },
    ],
  },
  test: {
    // Processes, not threads: a gRPC server and its timers end with the file that started them.
    pool: 'forks',
    // CommonJS packages look as they do to Node.
    deps: { interopDefault: false },
    maxWorkers: 2,
    // Only what hangs is to end by these: machines that have other work to do are slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'client/src/**/*.ts', 'dashboard/src/model/**/*.ts'],
      // The command line is tested in processes of its own, where nothing is counted.
      exclude: ['src/cli/**', 'src/*/generated/**', 'client/src/generated/**', '**/*.spec.ts'],
      reporter: ['text', 'html', 'json-summary'],
      thresholds: { lines: 90, branches: 90, functions: 90, statements: 90 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'one node',
          include: [
            '{src,test,client,dashboard}/**/*.spec.ts',
            '{test,client/test,dashboard/test}/**/*.e2e-spec.ts',
          ],
          exclude: ['**/node_modules/**', 'client/dist/**'],
          globalSetup: 'test/support/program-folder.ts',
        },
      },
      {
        // The same promises, kept by two nodes that share a Redis, and with each call on another than the one before.
        extends: true,
        test: {
          name: 'two nodes',
          include: ['{test/e2e,client/test}/**/*.e2e-spec.ts'],
          exclude: [...PROGRAM, ...PROGRAM_OF_CLIENT],
          env: { PRESENCE_TEST_NODES: '2' },
          globalSetup: 'test/support/shared-redis.ts',
        },
      },
      {
        // The same promises once more, for clients that call as browsers do: every call with another protocol.
        extends: true,
        test: {
          name: 'over HTTP',
          include: PROMISES,
          env: { PRESENCE_TEST_OVER: 'HTTP' },
        },
      },
    ],
  },
});
