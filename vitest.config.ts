import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { mutation } from './test/mutants/mutation.js';
import { LeftOutNotice } from './test/support/left-out-notice.js';
import { LongFilesFirst } from './test/support/long-files-first.js';
import { findLeftOut } from './test/support/requirements.js';

const root = fileURLToPath(new URL('.', import.meta.url));
const e2e = (...names: string[]) => names.map((name) => `test/e2e/${name}.e2e-spec.ts`);

/**
 * Tests that start the built program, Redis or a browser. They mostly wait for these processes and
 * compute little.
 */
const SYSTEM = [
  ...e2e(
    'attacks',
    'busy-nodes',
    'client-text',
    'clocks',
    'cluster',
    'command-line',
    'command-line-access',
    'command-line-events',
    'command-line-terminal',
    'command-line-tokens',
    'command-line-users',
    'confined-process',
    'greedy-peers',
    'hostile-peers',
    'http-proxies',
    'lost-network',
    'memory',
    'process',
    'process-1',
    'redis-outage',
    'redis-topologies',
    'secret-files',
    'shutdown',
    'tls-program',
    'token-revocation-nodes',
    'webhooks-nodes',
    'webhook-losses',
    'webhook-receivers',
  ),
  'client/test/{consumer-outages,example,restarts}.e2e-spec.ts',
  'dashboard/test/*.e2e-spec.ts',
  'test/docs/{nest,react}-guide.spec.ts',
  'test/docs/site-in-browser.e2e-spec.ts',
];

/** Tests of the clients in other languages, which need compilers. */
const LANGUAGES = 'test/languages/*.spec.ts';

/** Tests that take minutes, or need the machine for themselves: `npm run test:nightly`. */
const NIGHTLY = e2e('access-mutants', 'flood', 'heap', 'webhook-outages');

/** Tests that run every day with a small size, and in the night with a large one. */
const LARGE_IN_THE_NIGHT = [
  ...e2e('attacks', 'replay', 'webhook-losses', 'webhooks-nodes'),
  'client/test/consumer-{absences,kills,outages}.e2e-spec.ts',
];

/** Tests that count objects in memory. Those of other files must not be in the same process. */
const OWN_PROCESS = e2e('health', 'leaks', 'state-memory');

/** Tests of the behaviour that every client can rely on, over any protocol. */
const PROMISES = e2e(
  'access-events',
  'access-histories',
  'access-reads',
  'attributes',
  'backend-status',
  'cancelled-sessions',
  'channels',
  'choices',
  'chosen-statuses',
  'counts',
  'event-contents',
  'event-filters',
  'events',
  'hidden-from',
  'invisible',
  'lists',
  'long-lists',
  'moderation',
  'moderation-rights',
  'mute',
  'resume',
  'sessions',
  'several-channels',
  'statuses',
  'stream-heartbeats',
  'subscription-limits',
  'token-claims',
  'token-expiry',
  'session-grants',
  'token-revocation',
  'versions',
);

/**
 * Tests whose result could differ when several nodes share the state: the promises to clients, and
 * the communication between nodes.
 */
const SEVERAL_NODES = [
  ...PROMISES,
  ...e2e(
    'delivery',
    'explanations',
    'heartbeats',
    'lost-connections',
    'privacy',
    'reconnect-grace',
    'replay',
    'slow-count-readers',
    'two-worlds',
  ),
  'client/test/{access,collections,consumer-absences,consumer-kills,groups,growing-collections,revoked-tokens,sessions}.e2e-spec.ts',
];

/** Tests of what only nodes with Redis do. */
const SEVERAL_NODES_ONLY = e2e('long-history');

const leftOut = findLeftOut(root);
const excluded = [...configDefaults.exclude, ...leftOut.flatMap(({ files }) => files)];
const hasRedis = !leftOut.some(({ requirement }) => requirement.name === 'redis-server');

const source = (file: string) => fileURLToPath(new URL(`client/src/${file}`, import.meta.url));

export default defineConfig({
  plugins: mutation(process.env.PRESENCE_TEST_MUTANT),
  // The sources of the client library, under the names that the command line and applications
  // import.
  resolve: {
    alias: [
      { find: /^#client$/, replacement: source('index.ts') },
      { find: '#client/describe', replacement: source('describe.ts') },
      { find: '#contract', replacement: source('generated') },
      { find: /^#server\/(.*)[.]js$/, replacement: `${root}src/$1.ts` },
      { find: /^@presence-service\/client$/, replacement: source('index.ts') },
      { find: /^@presence-service\/client\/activity$/, replacement: source('activity.ts') },
      { find: /^@presence-service\/client\/describe$/, replacement: source('describe.ts') },
      { find: /^@presence-service\/client\/react$/, replacement: source('react.ts') },
      { find: '@presence-service/nestjs', replacement: `${root}nestjs/src/index.ts` },
    ],
  },
  test: {
    // Processes instead of threads, so that a gRPC server and its timers end with the test file
    // that started them.
    pool: 'forks',
    // CommonJS packages behave as in Node.
    deps: { interopDefault: false },
    // Three times as many files at a time as two processors can compute, because many tests wait:
    // for processes, for Redis, or for a time limit of the service. With four workers, two
    // processors are idle for a quarter of the time.
    maxWorkers: 6,
    sequence: { sequencer: LongFilesFirst },
    // Time limits for tests that hang. They are long because a busy machine is slow. No test has a
    // shorter one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['default', new LeftOutNotice(leftOut)],
    coverage: {
      provider: 'v8',
      include: ['{src,client/src,nestjs/src}/**/*.ts', 'dashboard/src/model/**/*.ts'],
      exclude: [
        'src/api/generated/**',
        'client/src/generated/**',
        '**/*.spec.ts',
        // The patterns above match the end of a path, too. Most tests of the command line and of the
        // examples start programs, whose coverage is not measured.
        '{cli,examples}/**',
      ],
      reporter: ['text', 'html', 'json-summary'],
      thresholds: { lines: 90, branches: 90, functions: 90, statements: 90 },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'one node',
          include: [
            '{src,cli,test,client,nestjs,dashboard}/**/*.spec.ts',
            '{test,client/test,nestjs/test}/**/*.e2e-spec.ts',
          ],
          exclude: [
            ...excluded,
            ...SYSTEM,
            LANGUAGES,
            ...NIGHTLY,
            ...OWN_PROCESS,
            ...SEVERAL_NODES_ONLY,
          ],
          globalSetup: 'test/support/program-folder.ts',
          // The files of a worker share the modules. To load them anew for each file takes longer
          // than most tests.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'one node, own process',
          include: OWN_PROCESS,
          exclude: excluded,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: SYSTEM,
          exclude: excluded,
          globalSetup: 'test/support/program-folder.ts',
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'languages',
          include: [LANGUAGES],
          exclude: excluded,
          globalSetup: 'test/support/program-folder.ts',
        },
      },
      {
        // Two nodes that share a Redis. Each call of a client uses another node than the call
        // before.
        extends: true,
        test: {
          name: 'two nodes',
          include: hasRedis ? [...SEVERAL_NODES, ...SEVERAL_NODES_ONLY] : [],
          exclude: excluded,
          isolate: false,
          env: { PRESENCE_TEST_NODES: '2' },
          ...(hasRedis && { globalSetup: 'test/support/shared-redis.ts' }),
        },
      },
      {
        extends: true,
        test: {
          name: 'two nodes, own process',
          include: hasRedis ? e2e('leaks') : [],
          exclude: excluded,
          env: { PRESENCE_TEST_NODES: '2' },
          ...(hasRedis && { globalSetup: 'test/support/shared-redis.ts' }),
        },
      },
      {
        // Clients that call as browsers do. Each call uses another protocol.
        extends: true,
        test: {
          name: 'over HTTP',
          include: PROMISES,
          exclude: excluded,
          isolate: false,
          env: { PRESENCE_TEST_OVER: 'HTTP' },
        },
      },
      {
        extends: true,
        test: {
          name: 'nightly',
          include: [...NIGHTLY, ...LARGE_IN_THE_NIGHT],
          exclude: excluded,
          env: { PRESENCE_TEST_NIGHTLY: 'true' },
          globalSetup: 'test/support/program-folder.ts',
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
