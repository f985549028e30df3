import { Payload } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import type { Principal } from '../auth/principal.js';
import type { Change } from '../domain/event.js';
import { RateLimitAs } from '../api/rate-limit.decorator.js';
import {
  Delivery,
  EventsServiceControllerMethods,
  PresenceEventKind,
  type EventsServiceController,
  type SubscribeResponse,
} from '../api/generated/presence/v1/events_service.pb.js';
import { GrpcController } from '../api/grpc-controller.js';
import { CurrentCaller, CurrentStream } from '../api/param-decorators.js';
import type { ServerStream } from '../transport/call/server-stream.js';
import { EventsService } from './events.service.js';
import { SubscribeRules } from './dto.js';

const KIND_ON_WIRE: Readonly<Record<Change['kind'], PresenceEventKind>> = {
  USER_ONLINE: PresenceEventKind.PRESENCE_EVENT_KIND_USER_ONLINE,
  USER_OFFLINE: PresenceEventKind.PRESENCE_EVENT_KIND_USER_OFFLINE,
  USER_STATUS_CHANGED: PresenceEventKind.PRESENCE_EVENT_KIND_USER_STATUS_CHANGED,
  USER_CHANNEL_CHANGED: PresenceEventKind.PRESENCE_EVENT_KIND_USER_CHANNEL_CHANGED,
  USER_MUTE_STATE_CHANGED: PresenceEventKind.PRESENCE_EVENT_KIND_USER_MUTE_STATE_CHANGED,
  USER_CONNECTION_CHANGED: PresenceEventKind.PRESENCE_EVENT_KIND_USER_CONNECTION_CHANGED,
};

const KINDS = Object.keys(KIND_ON_WIRE) as readonly Change['kind'][];

@GrpcController()
@EventsServiceControllerMethods()
export class EventsController implements EventsServiceController {
  constructor(private readonly events: EventsService) {}

  @RateLimitAs('stream')
  subscribe(
    @Payload() request: SubscribeRules,
    @CurrentCaller() caller: Principal,
    @CurrentStream() stream: ServerStream,
  ): Observable<SubscribeResponse> {
    const options = {
      filter: {
        userIds: setOf(request.userIds),
        channelIds: setOf(request.channelIds),
        kinds: setOf(KINDS.filter((kind) => request.kinds.includes(KIND_ON_WIRE[kind]))),
      },
      resumeToken: request.resumeToken,
      skipSnapshot: request.skipSnapshot,
      latestOnly: request.delivery === Delivery.DELIVERY_LATEST,
    };
    // The messages are encoded already; the codec sends a Buffer as it is.
    return this.events.subscribe(caller, options, stream) as Observable<never>;
  }
}

const EMPTY: ReadonlySet<never> = new Set();

/** Most filters leave most of their fields empty. One shared empty set saves memory for each subscriber. */
function setOf<T>(values: readonly T[]): ReadonlySet<T> {
  return values.length === 0 ? EMPTY : new Set(values);
}
