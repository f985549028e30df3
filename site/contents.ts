/** A page or file of the repository, and its name in the sidebar. */
export interface Entry {
  readonly text: string;
  readonly file: string;
}

/** A part of the sidebar. */
export interface Section {
  readonly text: string;
  readonly entries: readonly Entry[];
}

/** The sidebar. Every file of docs/ except the images is in it once: a test compares them. */
export const CONTENTS: readonly Section[] = [
  section('Start', {
    Overview: 'README.md',
    Concepts: 'docs/concepts.md',
    Glossary: 'docs/glossary.md',
    'Questions and answers': 'docs/faq.md',
    Examples: 'examples/README.md',
  }),
  section('Guides', {
    'Presence in React': 'docs/guides/react.md',
    'Who is typing': 'docs/guides/typing.md',
    'Viewers of a document': 'docs/guides/document-viewers.md',
    'A voice stage': 'docs/guides/stage.md',
    'Status from a calendar': 'docs/guides/calendar-status.md',
    'Online counts': 'docs/guides/online-count.md',
    'Who may see whom': 'docs/guides/who-may-see-whom.md',
    'Kick a user from NestJS': 'docs/guides/nestjs.md',
    'Events in a backend': 'docs/guides/consume-events.md',
    Webhooks: 'docs/guides/webhooks.md',
    'Three nodes': 'docs/guides/three-nodes.md',
  }),
  section('Clients', {
    'Client library': 'client/README.md',
    NestJS: 'nestjs/README.md',
    Python: 'clients/python/README.md',
    Browsers: 'docs/browser.md',
    Go: 'docs/languages/go.md',
    Java: 'docs/languages/java.md',
    Kotlin: 'docs/languages/kotlin.md',
    '.NET': 'docs/languages/dotnet.md',
    Swift: 'docs/languages/swift.md',
    'Other languages': 'docs/other-languages.md',
  }),
  section('API', {
    Reference: 'docs/api.md',
    Errors: 'docs/errors.md',
    'JSON with curl': 'docs/curl.md',
    OpenAPI: 'docs/openapi.yaml',
  }),
  section('Operations', {
    Operations: 'docs/operations.md',
    Settings: 'docs/settings.md',
    'Command line': 'docs/command-line.md',
    Dashboard: 'docs/dashboard.md',
    Security: 'docs/security.md',
    Observability: 'docs/observability.md',
    Cluster: 'docs/cluster.md',
    Kubernetes: 'docs/kubernetes.md',
    Upgrading: 'docs/upgrading.md',
  }),
  section('Project', {
    Reliability: 'docs/reliability.md',
    Benchmarks: 'docs/benchmarks.md',
    Scale: 'docs/scale.md',
    Architecture: 'docs/architecture.md',
    Contributing: 'CONTRIBUTING.md',
    Changelog: 'CHANGELOG.md',
  }),
];

function section(text: string, files: Readonly<Record<string, string>>): Section {
  return { text, entries: Object.entries(files).map(([name, file]) => ({ text: name, file })) };
}
