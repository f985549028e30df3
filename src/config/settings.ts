import { accessSettings } from './access-settings.js';
import { presenceSettings } from './presence-settings.js';
import { serverSettings } from './server-settings.js';
import type { Setting } from './setting.js';
import { webhookSettings } from './webhook-settings.js';

/**
 * All settings, by their place in `Config`: `KEEPALIVE_TIME_MS` is `config.grpc.keepaliveTimeMs`. Only these
 * four tables define the name, type, unit, scope, default and meaning of a setting. `.env.example` and
 * `docs/settings.md` are generated from them, in this order.
 */
export const settings = {
  ...serverSettings,
  ...accessSettings,
  ...presenceSettings,
  ...webhookSettings,
};

type Settings = typeof settings;
type Slice = keyof Settings;

/** The headings of the groups in `.env.example` and in the documentation. */
export const headings: Readonly<Record<Slice, string>> = {
  process: 'Process',
  grpc: 'gRPC',
  tls: 'TLS of gRPC',
  http: 'HTTP',
  auth: 'Tokens',
  access: 'Access',
  policy: 'Sessions and users',
  streams: 'Streams and events',
  limits: 'Limits',
  redis: 'Several nodes',
  webhook: 'Webhooks',
};

/** The values of all settings, as their types read them. */
export type SettingValues = {
  readonly [S in Slice]: {
    readonly [Key in keyof Settings[S]]: Settings[S][Key] extends Setting<infer T> ? T : never;
  };
};

/** The name of an environment variable that is a setting. */
export type SettingName = {
  [S in Slice]: {
    [Key in keyof Settings[S]]: Settings[S][Key] extends Setting<unknown, infer N> ? N : never;
  }[keyof Settings[S]];
}[Slice];

/** All settings in a list, each with its place in `Config`. */
export const allSettings = Object.entries(settings).flatMap(([slice, group]) =>
  Object.entries(group).map(([key, each]) => ({
    slice: slice as Slice,
    key,
    ...(each as Setting<unknown, SettingName>),
  })),
);
