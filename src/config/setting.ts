import type { SettingType } from './setting-types.js';

/**
 * Which nodes a setting applies to. `per node`: each node applies its own value, and a limit counts what happens on this
 * node. `cluster-wide`: the value must be the same on all nodes, and a limit counts what happens on all of them.
 */
export type Scope = 'per node' | 'cluster-wide';

/** One setting. */
export interface Setting<T, Name extends string = string> {
  /** The name of the environment variable. */
  readonly name: Name;
  readonly type: SettingType<T>;
  readonly scope: Scope;
  /** The text as the environment would contain it. Empty: there is no default. */
  readonly default: string;
  /** One or more sentences: the meaning, and what zero or "not set" means. */
  readonly description: string;
}

/** Settings by their group and their name in `Config`. */
export type SettingsTable = Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>>;

/** Returns a setting with a default, which the type must allow. */
export function setting<const Name extends string, T>(
  name: Name,
  type: SettingType<T>,
  rest: { readonly default: string; readonly scope: Scope; readonly description: string },
): Setting<T, Name> {
  return { name, type, ...rest };
}

/** Returns a setting without a default. Its value is undefined if it is not set. */
export function optional<const Name extends string, T>(
  name: Name,
  type: SettingType<T>,
  rest: { readonly scope: Scope; readonly description: string },
): Setting<T | undefined, Name> {
  return { name, type, default: '', ...rest };
}
