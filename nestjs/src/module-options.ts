import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { EventKind, TokenOption, TransportOption } from '@presence-service/client';
import type { TokenOptions } from './token-options.js';

export interface PresenceClientModuleOptions {
  /** The URL of the gRPC port of the service, such as `http://localhost:50051`. Not needed with `transport`. */
  readonly url?: string;
  /** Another transport of Connect, or a function that creates one. Default: gRPC to `url`. */
  readonly transport?: TransportOption;
  /**
   * The token of the client, or a function that returns one. Default: the module signs tokens of the user `userId` with the
   * scope `presence:admin`, as `tokens` says.
   */
  readonly token?: TokenOption;
  /** The user id in the tokens that the module signs for the client. Default: `backend`. */
  readonly userId?: string;
  /** The timeout of a call with all its attempts, in milliseconds. Default: 10000. */
  readonly timeoutMs?: number;
  /** How `PresenceTokenService` signs tokens. Without it, `token` is needed. */
  readonly tokens?: TokenOptions;
  /** The events that the handlers of `@OnPresence` receive. Default: all events of all users that the token may see. */
  readonly events?: EventOptions;
  /** How webhooks are verified. Needed by `PresenceWebhookGuard`. */
  readonly webhook?: WebhookOptions;
}

/**
 * The users whose events the handlers receive: those named, and those in one of the channels or groups. Without any of the
 * three, all users. A change of these options leads to a reset.
 */
export interface EventOptions {
  readonly users?: readonly string[];
  readonly channels?: readonly string[];
  readonly groups?: readonly string[];
  /** The kinds of event. Default: all, so that a new handler needs no reset. */
  readonly kinds?: readonly EventKind[];
  /**
   * Whether the application begins to receive events when it starts. Default: true. With false, it calls
   * `PresenceConsumer.start`, for instance when it has a lock that only one of its processes can have.
   */
  readonly autoStart?: boolean;
}

export interface WebhookOptions {
  /**
   * The secrets in the form of WEBHOOK_SECRET: `whsec_` and base64, several separated by spaces. A function is called for each
   * request, so that the secret can change while the application runs.
   */
  readonly secret: string | (() => string | Promise<string>);
}

/** Creates the options, for `forRootAsync({ useClass })` and `forRootAsync({ useExisting })`. */
export interface PresenceClientOptionsFactory {
  createPresenceClientOptions(): PresenceClientModuleOptions | Promise<PresenceClientModuleOptions>;
}

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<PresenceClientModuleOptions>({ moduleName: 'PresenceClient' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createPresenceClientOptions')
    .setExtras({ isGlobal: false }, (definition, { isGlobal }) => ({
      ...definition,
      global: isGlobal,
    }))
    .build();
