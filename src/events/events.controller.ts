import type { Observable } from 'rxjs';
import {
  Delivery,
  EventsServiceControllerMethods,
  type EventsServiceController,
  type SubscribeResponse,
  type WatchCountsResponse,
} from '../api/generated/presence/v1/events_service.pb.js';
import { GrpcController } from '../api/grpc-controller.js';
import { CurrentStreamingCall, RequestMessage, StreamingCall } from '../api/param-decorators.js';
import { EventsService } from './events.service.js';
import { SubscribeRules, WatchCountsRules } from './dto.js';
import { FILTER_KINDS } from '../api/event-mapper.js';

@GrpcController()
@EventsServiceControllerMethods()
export class EventsController implements EventsServiceController {
  constructor(private readonly events: EventsService) {}

  subscribe(
    @RequestMessage() request: SubscribeRules,
    @CurrentStreamingCall() { caller, stream }: StreamingCall,
  ): Observable<SubscribeResponse> {
    const options = {
      filter: {
        userIds: setOf(request.userIds),
        channelIds: setOf(request.channelIds),
        groupIds: setOf(request.groupIds),
        kinds: setOf(
          FILTER_KINDS.filter(([, value]) => request.kinds.includes(value)).map(([kind]) => kind),
        ),
      },
      resumeToken: request.resumeToken,
      skipSnapshot: request.skipSnapshot,
      latestOnly: request.delivery === Delivery.DELIVERY_LATEST,
    };
    // The messages are encoded already; the codec sends a Buffer as it is.
    return this.events.subscribe(caller, options, stream) as Observable<never>;
  }

  watchCounts(
    @RequestMessage() { channelIds, groupIds }: WatchCountsRules,
    @CurrentStreamingCall() { caller, stream }: StreamingCall,
  ): Observable<WatchCountsResponse> {
    return this.events.watchCounts(caller, { channelIds, groupIds }, stream) as Observable<never>;
  }
}

const EMPTY: ReadonlySet<never> = new Set();

/** Most filters leave most of their fields empty. One shared empty set saves memory for each subscriber. */
function setOf<T>(values: readonly T[]): ReadonlySet<T> {
  return values.length === 0 ? EMPTY : new Set(values);
}
