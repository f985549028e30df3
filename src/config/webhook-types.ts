import type { EventKind } from '../domain/event.js';
import { EVENT_KINDS } from '../domain/presence-diff.js';
import { httpUrl, MAX_TOKEN_KEYS, type SettingType } from './setting-types.js';

/** The kinds of event that WEBHOOK_EVENTS can name: the kinds of `PresenceEvent` in lower case. */
const KINDS = (Object.keys(EVENT_KINDS) as EventKind[]).map(
  (kind) => kind.toLowerCase() as WebhookEventKind,
);

export type WebhookEventKind = Lowercase<EventKind>;

/** The prefix of a secret in Standard Webhooks. */
const PREFIX = 'whsec_';

/** The length of a key that Standard Webhooks allows. */
const [MIN_KEY_BYTES, MAX_KEY_BYTES] = [24, 64];

/** A URL like `httpUrl`, which never appears in a message: its path or query may authenticate the sender. */
export const webhookUrl: SettingType<string> = { ...httpUrl, isSecret: () => true };

/** The keys that sign webhooks, decoded from the format of Standard Webhooks. */
export const webhookSecrets: SettingType<readonly Buffer[]> = {
  description: `1 to ${MAX_TOKEN_KEYS} secrets, separated by spaces or line breaks, each ${PREFIX} and the base64 of ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes`,
  read(text) {
    const secrets = text.split(/\s+/).filter((secret) => secret !== '');
    const keys = secrets.map(keyOf).filter((key) => key !== undefined);
    const isAllowed =
      keys.length === secrets.length && keys.length > 0 && keys.length <= MAX_TOKEN_KEYS;
    return isAllowed ? keys : undefined;
  },
  isSecret: () => true,
};

function keyOf(secret: string): Buffer | undefined {
  if (!secret.startsWith(PREFIX)) return undefined;
  const text = secret.slice(PREFIX.length);
  const key = Buffer.from(text, 'base64');
  // `Buffer.from` ignores what is not base64, so the text is compared with the encoded key.
  const isBase64 = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return isBase64 && key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
}

/** The kinds of event that are delivered. */
export const webhookEvents: SettingType<ReadonlySet<WebhookEventKind>> = {
  description: `a comma-separated list of ${KINDS.join(', ')}`,
  read(text) {
    const kinds = text.split(',').map((name) => KINDS.find((kind) => kind === name.trim()));
    return kinds.every((kind) => kind !== undefined) ? new Set(kinds) : undefined;
  },
};

/** The attribute `source` of CloudEvents is a URI reference, so it has no spaces. */
export const eventSource: SettingType<string> = {
  description: '1 to 256 printable ASCII characters without spaces',
  read: (text) => (/^[!-~]{1,256}$/.test(text) ? text : undefined),
};
