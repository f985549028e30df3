import {
  Delivery,
  PresenceEventKind,
  type SubscribeRequest,
} from '../api/generated/presence/v1/events_service.pb.js';
import { MAX_SUBSCRIBED_CHANNELS, MAX_SUBSCRIBED_USERS } from '../api/request-limits.js';
import { AreIdentifiers, AreOneOf, IsOneOf } from '../api/validators.js';

const KINDS = [
  PresenceEventKind.PRESENCE_EVENT_KIND_USER_ONLINE,
  PresenceEventKind.PRESENCE_EVENT_KIND_USER_OFFLINE,
  PresenceEventKind.PRESENCE_EVENT_KIND_USER_STATUS_CHANGED,
  PresenceEventKind.PRESENCE_EVENT_KIND_USER_CHANNEL_CHANGED,
  PresenceEventKind.PRESENCE_EVENT_KIND_USER_MUTE_STATE_CHANGED,
  PresenceEventKind.PRESENCE_EVENT_KIND_USER_CONNECTION_CHANGED,
];

const DELIVERIES = [
  Delivery.DELIVERY_UNSPECIFIED,
  Delivery.DELIVERY_EVERY_EVENT,
  Delivery.DELIVERY_LATEST,
];

export class SubscribeRules implements SubscribeRequest {
  @AreIdentifiers(0, MAX_SUBSCRIBED_USERS)
  readonly userIds!: string[];

  @AreIdentifiers(0, MAX_SUBSCRIBED_CHANNELS)
  readonly channelIds!: string[];

  @AreOneOf(KINDS, 'the kinds of PresenceEventKind')
  readonly kinds!: PresenceEventKind[];

  readonly resumeToken!: string;

  readonly skipSnapshot!: boolean;

  @IsOneOf(DELIVERIES, 'EVERY_EVENT and LATEST')
  readonly delivery!: Delivery;
}
