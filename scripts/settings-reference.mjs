#!/usr/bin/env node
// Prints docs/settings.md: every setting as src/config/settings.ts has it, under the headings of .env.example.
import { readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { runnerImport } from 'vite';

const { settings } = (await runnerImport('./src/config/settings.ts')).module;
const sections = sectionsOf(readFileSync('.env.example', 'utf8'));
const markdown = `# Settings

<!-- Generated from src/config/settings.ts by \`npm run generate\`. -->

Read from the environment, and from a file \`.env\` in the folder where the service is started, where there is one; the
environment wins. [.env.example](../.env.example) is such a file with all of them. They are read once, at the start. A mistake
stops it with a sentence for each, and so does what does not go together, or a name that is a setting but for a slip:
[security.md](security.md#the-process). Unless a setting says otherwise it holds for one node, and all nodes should have the same.

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
  const { kind, default: fallback, meaning } = settings[name];
  const value = fallback === '' ? 'not set' : `\`${fallback}\``;
  return `### ${name}\n\n${meaning}\n\nDefault: ${value}. Allowed: ${kind.allowed}.\n`;
}
