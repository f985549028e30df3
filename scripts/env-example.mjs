#!/usr/bin/env node
// Prints .env.example: every setting of src/config/settings.ts as a comment, with its default.
import { runnerImport } from 'vite';

const WIDTH = 100;

const { allSettings, headings } = (await runnerImport('./src/config/settings.ts')).module;
const groups = Object.entries(headings).map(
  ([slice, heading]) =>
    `# --- ${heading} `.padEnd(WIDTH - 20, '-') +
    `\n\n${allSettings
      .filter((each) => each.slice === slice)
      .map(block)
      .join('\n')}`,
);
process.stdout
  .write(`# All settings and their defaults. Generated from src/config/settings.ts by \`npm run generate\`.
# Copy this file to .env and change values, or set them in the environment, which has precedence over
# the file. An empty value means: not set. docs/settings.md has the allowed values.

${groups.join('\n')}`);

function block({ name, default: fallback, description, type, scope }) {
  const unit = type.unit === undefined ? '' : `${type.unit}, `;
  return `${comment(`${description} (${unit}${scope})`)}\n# ${name}=${fallback}\n`;
}

/** Wraps the text into lines of a comment. */
function comment(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length + 1 > WIDTH) lines.push(` ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.map((line) => `#${line}`).join('\n');
}
