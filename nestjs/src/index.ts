export type {
  EventOptions,
  PresenceClientModuleOptions,
  PresenceClientOptionsFactory,
  WebhookOptions,
} from './module-options.js';
export { OnPresence, OnPresenceReset } from './on-presence.decorator.js';
export type { PresenceEventName, PresenceEventOf } from './on-presence.decorator.js';
export { PresenceClient } from './presence-client.js';
export { PresenceClientModule } from './presence-client.module.js';
export { PresenceConsumer } from './presence-consumer.js';
export { PresencePositionStore } from './presence-position-store.js';
export {
  PresenceWebhook,
  PresenceWebhookEvents,
  PresenceWebhookGuard,
} from './presence-webhook.decorator.js';
export { PresenceTokenService } from './presence-token.service.js';
export type { TokenGrants, TokenOptions } from './token-options.js';
export type { PresenceWebhookEvent, PresenceWebhookGap } from './webhook-event.js';
