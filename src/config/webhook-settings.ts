import { optional, setting, type SettingsTable } from './setting.js';
import { text } from './setting-types.js';
import { eventSource, webhookEvents, webhookSecrets, webhookUrl } from './webhook-types.js';

/** The settings of webhooks. See `settings.ts`. */
export const webhookSettings = {
  webhook: {
    url: optional('WEBHOOK_URL', webhookUrl, {
      scope: 'cluster-wide',
      description:
        'URL of your backend that receives every event as a webhook. In production it must begin with https:, except for this machine. Not set: no webhooks.',
    }),
    secrets: optional('WEBHOOK_SECRET', webhookSecrets, {
      scope: 'cluster-wide',
      description:
        'Secret that signs webhooks: `whsec_` and the base64 of 24 to 64 random bytes. With several secrets, separated by spaces, a webhook has a signature of each. Set exactly one of WEBHOOK_SECRET and WEBHOOK_SECRET_FILE with WEBHOOK_URL.',
    }),
    secretFile: optional('WEBHOOK_SECRET_FILE', text, {
      scope: 'cluster-wide',
      description:
        'Path of a file with the value of WEBHOOK_SECRET. Changes of the file apply within seconds.',
    }),
    events: optional('WEBHOOK_EVENTS', webhookEvents, {
      scope: 'cluster-wide',
      description:
        'Kinds of event that are delivered, separated by commas, such as `user_online,user_offline`. Not set: all kinds. Gap events are always delivered.',
    }),
    source: setting('WEBHOOK_SOURCE', eventSource, {
      default: 'presence-service',
      scope: 'cluster-wide',
      description:
        'Attribute `source` of every event, by which your backend distinguishes several services.',
    }),
  },
} satisfies SettingsTable;
