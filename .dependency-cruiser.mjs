// The rules of imports. `npm run architecture` checks them; docs/architecture.md gives the reasons.

const specs = '[.]spec[.]ts$';
const entryPoints = '^(src/main|src/bootstrap/token|cli/src/presence)[.]ts$';
const generated = '^(src/api|client/src)/generated/';

/**
 * What each folder of src may import beside itself, as the table in docs/architecture.md says. A folder names only folders
 * above it here, so that no two folders can import each other. A new folder needs a line.
 */
const MAY_IMPORT = {
  domain: [],
  timers: [],
  clock: ['timers'],
  text: [],
  telemetry: [],
  'sealed-tokens': [],
  config: ['domain', 'timers'],
  logging: ['config', 'text'],
  auth: ['clock', 'config', 'domain', 'sealed-tokens'],
  audit: ['auth', 'clock', 'config'],
  limits: ['auth', 'clock', 'config', 'domain'],
  transport: ['clock', 'config', 'limits', 'telemetry', 'text', 'timers'],
  store: ['clock', 'config', 'domain', 'sealed-tokens', 'telemetry', 'text', 'timers'],
  commands: ['clock', 'config', 'domain', 'store', 'telemetry'],
  health: ['store', 'transport'],
  revocation: ['auth', 'clock', 'commands', 'config', 'store', 'text', 'timers'],
  api: ['auth', 'clock', 'config', 'domain', 'health', 'limits', 'store', 'text', 'transport'],
  'event-log': ['api', 'config', 'domain', 'sealed-tokens', 'store'],
  lifecycle: ['config', 'domain', 'health'],
};
const features = Object.keys(MAY_IMPORT);
for (const feature of ['session', 'presence', 'events', 'moderation'])
  MAY_IMPORT[feature] = features;
MAY_IMPORT.webhooks = ['clock', 'config', 'domain', 'event-log', 'store', 'text', 'timers'];
MAY_IMPORT.metrics = [...features, 'events', 'webhooks'];
MAY_IMPORT['dashboard-page'] = [
  'audit',
  'auth',
  'clock',
  'config',
  'domain',
  'limits',
  'metrics',
  'revocation',
  'store',
];
MAY_IMPORT.bootstrap = Object.keys(MAY_IMPORT);

const folders = Object.keys(MAY_IMPORT);
for (const [i, folder] of folders.entries()) {
  const below = MAY_IMPORT[folder].filter((other) => folders.indexOf(other) >= i);
  if (below.length > 0)
    throw new Error(`src/${folder} may not import ${below}, which stands below it`);
}

/** Messages are translated where they arrive and leave: these folders may import generated code as well. */
const AT_THE_EDGE = ['transport', 'api', 'session', 'presence', 'events', 'moderation', 'webhooks'];

const folderRules = folders.map((folder) => ({
  name: `src-${folder}`,
  comment: 'MAY_IMPORT in this file is the list of what each folder may import.',
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: specs },
  to: {
    path: '^src/',
    pathNot: [
      `^src/(${[folder, ...MAY_IMPORT[folder]].join('|')})/`,
      ...(AT_THE_EDGE.includes(folder) ? [generated] : []),
      ...(folder === 'bootstrap' ? ['^src/app[.]module[.]ts$'] : []),
    ],
  },
}));
folderRules.push({
  name: 'domain-is-alone',
  comment: 'The rules are plain TypeScript: no Nest, no RxJS, no clock, no store.',
  severity: 'error',
  from: { path: '^src/domain/', pathNot: specs },
  to: { pathNot: '^src/domain/' },
});
folderRules.push({
  name: 'listed-folders',
  comment: 'Every folder of src has a line in MAY_IMPORT.',
  severity: 'error',
  from: { path: '^src/[^/]+/', pathNot: `^src/(${folders.join('|')})/` },
  to: {},
});
folderRules.push({
  name: 'api-knows-generated-code',
  comment: 'Messages are translated where they arrive and leave.',
  severity: 'error',
  from: { path: '^src/', pathNot: [`^src/(${AT_THE_EDGE.join('|')})/`, specs] },
  to: { path: generated },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'Imports name files and packages that exist and are declared in package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'] },
    },
    ...folderRules,
    {
      name: 'no-test-code-in-src',
      comment: 'What ships does not lean on what tests it.',
      severity: 'error',
      from: { path: '^src/', pathNot: specs },
      to: { path: ['^test/', specs] },
    },
    {
      name: 'server-and-client-stand-alone',
      comment: 'They share the contract and nothing else. A test may start both.',
      severity: 'error',
      from: { path: '^(src|client/src)/', pathNot: specs },
      to: { path: '^(src|client|test)/', pathNot: ['^$1/', '^client/src/generated/'] },
    },
    {
      name: 'command-line-calls-as-users-do',
      comment:
        'It calls the service with the client library. Of the server it uses the start, the signing of tokens and the file .env.',
      severity: 'error',
      from: { path: '^cli/src/' },
      to: {
        path: '^(src|client|test|dashboard)/',
        pathNot: [
          '^src/(main|bootstrap/process-shutdown|auth/token-signer|config/(env-file|config-error))[.]ts$',
          '^client/src/(index|describe)[.]ts$',
        ],
      },
    },
    {
      name: 'nobody-knows-the-command-line',
      comment: 'The image has the server without it.',
      severity: 'error',
      from: { path: '^(src|client|dashboard)/' },
      to: { path: '^cli/' },
    },
    {
      name: 'client-runs-in-browsers',
      comment:
        'What the client library needs is in its own package.json, and nothing of it is of Node.',
      severity: 'error',
      from: { path: '^client/src/', pathNot: [specs, '^client/src/react[./]'] },
      to: {
        pathNot: ['^client/src/', 'node_modules/@(connectrpc/connect|bufbuild/protobuf)/'],
      },
    },
    {
      name: 'client-works-without-react',
      comment: 'React is an optional peer dependency: only the entry for React imports it.',
      severity: 'error',
      from: { path: '^client/src/', pathNot: '^client/src/react[.]ts$' },
      to: { path: ['^client/src/react[.]ts$', 'node_modules/(@types/)?react/'] },
    },
    {
      name: 'client-for-react',
      comment: 'The entry for React needs React and the client library.',
      severity: 'error',
      from: { path: '^client/src/react[./]', pathNot: specs },
      to: { pathNot: ['^client/src/', 'node_modules/(@types/)?react/'] },
    },
    {
      name: 'nestjs-calls-as-applications-do',
      comment: 'It is a package of its own, which needs Nest and the client library.',
      severity: 'error',
      from: { path: '^nestjs/src/', pathNot: specs },
      to: {
        pathNot: [
          '^nestjs/src/',
          '^client/src/index[.]ts$',
          'node_modules/@nestjs/(common|core)/',
          'node_modules/@connectrpc/connect-node/',
        ],
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'nobody-knows-nestjs',
      comment: 'Applications use it. The service and the client library do not.',
      severity: 'error',
      from: { path: '^(src|cli|client|dashboard)/' },
      to: { path: '^nestjs/' },
    },
    {
      name: 'dashboard-calls-as-users-do',
      comment: 'It knows of the service what the client library tells.',
      severity: 'error',
      from: { path: '^dashboard/src/', pathNot: specs },
      to: {
        path: '^(src|client|test|dashboard)/',
        pathNot: ['^dashboard/src/', '^client/src/(index|describe)[.]ts$'],
      },
    },
    {
      name: 'dashboard-model-is-alone',
      comment:
        'What is shown, and in which order, is plain TypeScript: no page, no calls, no clock. Types of the client are allowed.',
      severity: 'error',
      from: { path: '^dashboard/src/model/', pathNot: specs },
      to: {
        pathNot: ['^dashboard/src/model/', '^client/src/describe[.]ts$'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'dashboard-service-knows-no-view',
      comment: 'What is learned of the service does not depend on who looks at it.',
      severity: 'error',
      from: { path: '^dashboard/src/service/', pathNot: specs },
      to: { path: ['^dashboard/src/view/', 'node_modules/preact/'] },
    },
    {
      name: 'nobody-knows-the-dashboard',
      comment: 'The server hands out its files and knows nothing of what is in them.',
      severity: 'error',
      from: { path: '^(src|client|test)/' },
      to: { path: '^dashboard/' },
    },
    {
      name: 'no-dev-dependency-in-cli',
      comment: 'It would be missing where the package is installed.',
      severity: 'error',
      from: { path: '^cli/src/', pathNot: specs },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['npm', 'type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'no-dev-dependency-in-src',
      comment:
        'It would be missing after npm ci --omit=dev --omit=optional, which makes the image.',
      severity: 'error',
      from: { path: '^src/', pathNot: specs },
      to: {
        dependencyTypes: ['npm-dev', 'npm-optional'],
        dependencyTypesNot: ['npm', 'type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'no-dead-module',
      comment: 'No entry point leads to it: only its own spec, or nothing, keeps it alive.',
      severity: 'error',
      from: { path: entryPoints },
      to: { path: '^(src|cli)/', pathNot: [specs, entryPoints, generated], reachable: false },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/load/socket-io/' }, // a package of its own, installed by the benchmark alone
    combinedDependencies: true, // the tests of client/ use what the root has
    tsPreCompilationDeps: true, // types count: who knows a type knows its folder
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};
