import { ConfigError } from './config-error.js';
import { crossChecks } from './cross-checks.js';
import { allSettings, type SettingName, type SettingValues } from './settings.js';
import type { Setting } from './setting.js';

/** Reads every setting. Throws one `ConfigError` with all mistakes. An empty text counts as not set. */
export function readValues(env: NodeJS.ProcessEnv): SettingValues {
  const mistakes = new Map<SettingName, string>();
  const values: Record<string, Record<string, unknown>> = {};
  for (const setting of allSettings) {
    const { slice, key, name, type } = setting;
    const text = env[name] || setting.default;
    const value = text === '' ? undefined : type.read(text);
    if (text !== '' && value === undefined) mistakes.set(name, sentence(setting, text));
    (values[slice] ??= {})[key] = value;
  }

  // If there are mistakes, some values are missing, but never one that an executed check needs.
  const complete = values as SettingValues;
  const contradictions = crossChecks
    .filter(({ settings }) => !settings.some((name) => mistakes.has(name)))
    .map(({ error }) => error(complete))
    .filter((error) => error !== undefined);

  const all = [...mistakes.values(), ...contradictions];
  if (all.length > 0) throw new ConfigError(all);
  return complete;
}

function sentence({ name, type }: Setting<unknown>, text: string): string {
  const { description: allowed, isSecret: hides } = type;
  const given = hides?.(text) ? 'has a value that is not shown here' : `is ${shown(text)}`;
  return `${name} ${given}, but must be ${allowed}.`;
}

/** Returns the text in quotes, without line breaks, and shortened. */
function shown(text: string): string {
  const characters = [...text];
  return JSON.stringify(characters.length > 80 ? `${characters.slice(0, 80).join('')}…` : text);
}
