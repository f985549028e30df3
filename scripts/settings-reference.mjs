#!/usr/bin/env node
// Prints docs/settings.md: every setting of src/config/settings.ts, under the headings of
// .env.example.
import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { runnerImport } from 'vite';

const { settings } = (await runnerImport('./src/config/settings.ts')).module;
const sections = sectionsOf(readFileSync('.env.example', 'utf8'));
const markdown = `# Settings

<!-- Generated from src/config/settings.ts by \`npm run generate\`. -->

Read from the environment, and from a file \`.env\` in the folder where the service is started, where there is one; the
environment wins. [.env.example](../.env.example) is such a file with all of them. They are read once, at the start. A mistake
stops it with a sentence for each, and so do settings that contradict one another: [security.md](security.md#the-process).
Empty means not set. Unless a setting says otherwise it holds for one node, and all nodes should have the same.

## Unknown settings

A misspelled setting would change nothing, and it would show too late. So variables that look like a setting are looked at:

- An unknown variable that begins with \`GRPC_TLS_\`, \`AUTH_\` or \`REDIS_\` stops the start: "Unknown setting AUTH_ISSUER. Did you mean
  AUTH_JWT_ISSUER?" Without it the server might speak plain text, accept the tokens of others or keep to itself.
- Another one that resembles a setting is a warning in the log, as RECONNECT_GRACE is. There is no warning where the setting that
  it resembles is set as well, if only to nothing.
- Variables that Kubernetes and Docker add for a service in the neighbourhood are left alone. For a service named \`redis\` these are
  REDIS_SERVICE_HOST, REDIS_SERVICE_PORT, REDIS_PORT and REDIS_PORT_6379_TCP with its parts; in a container that is linked to another also
  REDIS_NAME and REDIS_ENV_ with what follows. They are told from settings by their names together with the form of their values:
  \`REDIS_PORT=tcp://10.96.0.7:6379\` is such a link, \`REDIS_PORT=6379\` stops the start. \`enableServiceLinks: false\` in a pod keeps them
  out. A service named \`http\` needs that, or a HTTP_PORT in the pod: its link has the name of a setting.
- Where another program in the same environment needs such a variable, start the service without it: \`env -u AUTH_SECRET
  node dist/main.js\`, or set it to nothing for this container.

## All settings

${sections.map(({ title, names }) => `- ${title}: ${names.map(link).join(' · ')}`).join('\n')}

${sections.map(section).join('\n')}`;
process.stdout.write(
  await format(markdown, { ...(await resolveConfig('docs/settings.md')), parser: 'markdown' }),
);

function sectionsOf(example) {
  return [...example.matchAll(/^# --- (.+?) -+\n(.*?)(?=^# ---|$(?![^]))/gms)].map(
    ([, title, lines]) => ({ title, names: [...lines.matchAll(/^# (\w+)=/gm)].map(([, n]) => n) }),
  );
}

function link(name) {
  return `[${name}](#${name.toLowerCase()})`;
}

function section({ title, names }) {
  return `## ${title}\n\n${names.map(entry).join('\n')}`;
}

function entry(name) {
  const { kind, default: fallback, description } = settings[name];
  const value = fallback === '' ? 'not set' : `\`${fallback}\``;
  return `### ${name}\n\n${description}\n\nDefault: ${value}. Allowed: ${kind.description}.\n`;
}
