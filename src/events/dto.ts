import {
  Delivery,
  type PresenceEventKind,
  type SubscribeRequest,
  type WatchCountsRequest,
} from '../api/generated/presence/v1/events_service.pb.js';
import {
  MAX_COUNTED_CHANNELS,
  MAX_COUNTED_GROUPS,
  MAX_SUBSCRIBED_CHANNELS,
  MAX_SUBSCRIBED_GROUPS,
  MAX_SUBSCRIBED_USERS,
} from '../api/request-limits.js';
import { AreIdentifiers, AreOneOf, IsOneOf } from '../api/validators.js';
import { FILTER_KINDS } from '../api/event-mapper.js';

const KINDS = Object.fromEntries(FILTER_KINDS);

const DELIVERIES = {
  UNSPECIFIED: Delivery.DELIVERY_UNSPECIFIED,
  EVERY_EVENT: Delivery.DELIVERY_EVERY_EVENT,
  LATEST: Delivery.DELIVERY_LATEST,
};

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

  @AreIdentifiers(0, MAX_SUBSCRIBED_GROUPS)
  readonly groupIds!: string[];
}

export class WatchCountsRules implements WatchCountsRequest {
  @AreIdentifiers(0, MAX_COUNTED_CHANNELS)
  readonly channelIds!: string[];

  @AreIdentifiers(0, MAX_COUNTED_GROUPS)
  readonly groupIds!: string[];
}
