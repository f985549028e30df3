#!/usr/bin/env node
// Prints docs/settings.md: every setting of src/config/settings.ts.
import { format, resolveConfig } from 'prettier';
import { runnerImport } from 'vite';

const { allSettings, headings } = (await runnerImport('./src/config/settings.ts')).module;
const sections = Object.entries(headings).map(([slice, title]) => ({
  title,
  settings: allSettings.filter((each) => each.slice === slice),
}));
const markdown = `# Settings

<!-- Generated from src/config/settings.ts by \`npm run generate\`. -->

The service reads its ${allSettings.length} settings once, when it starts, from the environment and from a file \`.env\` in the working directory. The
environment has precedence. [.env.example](../.env.example) is such a file with all settings. An empty value means: not set. If a value is
not allowed, or two settings contradict each other, the service does not start and prints one sentence for each mistake:
[security.md](security.md#the-process).

Each setting has a scope:

- **per node**: each node applies its own value. A limit counts what happens on this node. The names of such limits end in \`_PER_NODE\`, unless
  they limit something that only a node has, such as its heap.
- **cluster-wide**: the value must be the same on all nodes. A limit counts what happens on all nodes together.

## Unknown settings

A misspelled setting has no effect. The service therefore logs a warning at the start about each variable that was probably meant as a setting:

- A variable that resembles a setting: "Unknown setting RECONNECT_GRACE. Did you mean RECONNECT_GRACE_MS?" There is no warning if that setting is set
  as well, even if it is empty: the other variable then belongs to another program.
- Every unknown variable that begins with \`GRPC_\`, \`AUTH_\`, \`REDIS_\` or \`WEBHOOK_\`. Check these warnings first: without the intended setting, the service
  could accept more tokens than you expect, serve gRPC without TLS, or run as a single node.
- A setting of an earlier version: "The setting MAX_SESSIONS has no effect. Its new name is MAX_SESSIONS_PER_NODE."
- Variables that Kubernetes and Docker add for other services cause no warning. For a service named \`redis\` these are REDIS_SERVICE_HOST,
  REDIS_SERVICE_PORT, REDIS_PORT and REDIS_PORT_6379_TCP with its parts, and in linked containers REDIS_NAME and REDIS_ENV_*. The service recognizes
  them by their names and the format of their values: \`REDIS_PORT=tcp://10.96.0.7:6379\` is ignored, \`REDIS_PORT=6379\` causes a warning. A
  service named \`http\` would set HTTP_PORT: use \`enableServiceLinks: false\` in the pod, or set HTTP_PORT there.

## All settings

${sections.map(({ title, settings }) => `- ${title}: ${settings.map(link).join(' · ')}`).join('\n')}

${sections.map(section).join('\n')}`;
process.stdout.write(
  await format(markdown, { ...(await resolveConfig('docs/settings.md')), parser: 'markdown' }),
);

function link({ name }) {
  return `[${name}](#${name.toLowerCase()})`;
}

function section({ title, settings }) {
  return `## ${title}\n\n${settings.map(entry).join('\n')}`;
}

function entry({ name, type, scope, default: fallback, description }) {
  const facts = [
    type.unit && ['Unit', type.unit],
    ['Default', fallback === '' ? 'not set' : `\`${fallback}\``],
    ['Scope', scope],
    ['Allowed', type.description],
  ];
  const rows = facts.filter(Boolean).map(([key, value]) => `${key}: ${value}.`);
  return `### ${name}\n\n${description}\n\n${rows.join(' ')}\n`;
}
