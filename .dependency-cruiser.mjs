// Who may know whom. `npm run architecture` checks it; docs/architecture.md says why.

const specs = '[.]spec[.]ts$';
const entryPoints = '^src/(main|cli/presence)[.]ts$';
const generated = '^src/(grpc|http-api)/generated/';

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
    {
      name: 'domain-is-alone',
      comment: 'The rules are plain TypeScript: no Nest, no RxJS, no clock, no store.',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: specs },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'modules-stand-beside-each-other',
      comment: 'What two of session, presence and events share lives below them.',
      severity: 'error',
      from: { path: '^src/(session|presence|events)/' },
      to: { path: '^src/(session|presence|events)/', pathNot: '^src/$1/' },
    },
    {
      name: 'store-knows-no-transport',
      comment: 'A store holds users; it knows neither who asks nor how.',
      severity: 'error',
      from: { path: '^src/store/' },
      to: { path: '^src/(session|presence|events|health|metrics|auth|grpc|http-api)/' },
    },
    {
      name: 'log-knows-no-transport',
      comment:
        'The log holds encoded events, so it knows the generated codecs; nothing else of gRPC.',
      severity: 'error',
      from: { path: '^src/log/' },
      to: {
        path: '^src/(session|presence|events|health|metrics|auth|grpc|http-api)/',
        pathNot: generated,
      },
    },
    {
      name: 'http-api-is-another-way-in',
      comment:
        'It calls what gRPC calls, as gRPC does: it knows the transport and no part of the service.',
      severity: 'error',
      from: { path: '^src/http-api/', pathNot: specs },
      to: { path: '^src/', pathNot: '^src/(http-api|grpc|connections|config|text)/' },
    },
    {
      name: 'nobody-knows-the-http-api',
      comment: 'What a call came over makes no difference to what it does.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(http-api/|serve[.]ts$)' },
      to: { path: '^src/http-api/' },
    },
    {
      name: 'generated-code-stays-at-the-edge',
      comment: 'Messages are translated where they arrive and leave.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(grpc|http-api|session|presence|events|log)/' },
      to: { path: generated },
    },
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
      from: { path: '^(src|client/src)/', pathNot: [specs, '^src/cli/'] },
      to: { path: '^(src|client|test)/', pathNot: '^$1/' },
    },
    {
      name: 'command-line-calls-as-users-do',
      comment:
        'It speaks to a service with the client library. Of the server it knows how to start it, and how tokens are signed.',
      severity: 'error',
      from: { path: '^src/cli/', pathNot: specs },
      to: {
        path: '^(src|client|test)/',
        pathNot: [
          '^src/(cli|config)/',
          '^src/(serve|process-end|auth/sign-token|domain/identifier)[.]ts$',
          '^client/src/index[.]ts$',
        ],
      },
    },
    {
      name: 'nobody-knows-the-command-line',
      comment: 'The server is the same without it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'client-runs-in-browsers',
      comment:
        'What the client library needs is in its own package.json, and nothing of it is of Node.',
      severity: 'error',
      from: { path: '^client/src/', pathNot: specs },
      to: {
        pathNot: ['^client/src/', 'node_modules/@(connectrpc/connect|bufbuild/protobuf)/'],
      },
    },
    {
      name: 'dashboard-calls-as-users-do',
      comment: 'It knows of the service what the client library tells.',
      severity: 'error',
      from: { path: '^dashboard/src/', pathNot: specs },
      to: {
        path: '^(src|client|test|dashboard)/',
        pathNot: ['^dashboard/src/', '^client/src/index[.]ts$'],
      },
    },
    {
      name: 'dashboard-model-is-alone',
      comment:
        'What is shown, and in which order, is plain TypeScript: no page, no calls, no clock.',
      severity: 'error',
      from: { path: '^dashboard/src/model/', pathNot: specs },
      to: { pathNot: '^dashboard/src/model/' },
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
      name: 'no-dev-dependency-in-src',
      comment: 'It would be missing after npm ci --omit=dev.',
      severity: 'error',
      from: { path: '^src/', pathNot: specs },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['npm', 'type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'no-dead-module',
      comment: 'No entry point leads to it: only its own spec, or nothing, keeps it alive.',
      severity: 'error',
      from: { path: entryPoints },
      to: { path: '^src/', pathNot: [specs, entryPoints, generated], reachable: false },
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
