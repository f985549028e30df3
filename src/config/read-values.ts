import { ConfigError } from './config-error.js';
import { relations } from './cross-checks.js';
import { type Setting, type SettingName, settings, type Values } from './settings.js';
import { unknownSettings } from './unknown-settings.js';

/** Reads every setting. Throws one `ConfigError` with all mistakes. An empty text counts as not set. */
export function readValues(env: NodeJS.ProcessEnv): Values {
  const mistakes = new Map<SettingName, string>();
  const read = Object.entries(settings).map(([key, setting]: [string, Setting<unknown>]) => {
    const name = key as SettingName;
    const text = env[name] || setting.default;
    const value = text === '' ? undefined : setting.kind.read(text);
    if (text !== '' && value === undefined) mistakes.set(name, sentence(name, text));
    return [name, value] as const;
  });

  // If there are mistakes, some values are missing, but never one that a checked relation needs.
  const values = Object.fromEntries(read) as Values;
  const complaints = relations
    .filter(({ between }) => !between.some((name) => mistakes.has(name)))
    .map(({ complaint }) => complaint(values))
    .filter((complaint) => complaint !== undefined);

  const all = [...mistakes.values(), ...complaints, ...unknownSettings(env).mistakes];
  if (all.length > 0) throw new ConfigError(all);
  return values;
}

function sentence(name: SettingName, text: string): string {
  const { description: allowed, isSecret: hides }: Setting<unknown>['kind'] = settings[name].kind;
  const given = hides?.(text) ? 'set to something that is not shown here' : shown(text);
  return `${name} is ${given}, but must be ${allowed}.`;
}

/** Returns the text in quotes, without line breaks, and shortened. */
function shown(text: string): string {
  const characters = [...text];
  return JSON.stringify(characters.length > 80 ? `${characters.slice(0, 80).join('')}…` : text);
}
