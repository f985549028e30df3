import {
  presenceEventFromJson,
  type Attributes,
  type PresenceEvent,
} from '@presence-service/client';

interface Envelope {
  /** The same whenever the event is sent again, and from all nodes. Handle each id once. */
  readonly id: string;
  /** The name of the service, as WEBHOOK_SOURCE. */
  readonly source: string;
}

/** Says that events may be missing between two times. Read the current state then. */
export interface PresenceWebhookGap extends Envelope {
  readonly kind: 'gap';
  /** Undefined: the service does not know what the application has received before. */
  readonly from: Date | undefined;
  readonly to: Date;
}

/** An event of a webhook: that of the client library with an id, or a gap. `kind` tells them apart. */
export type PresenceWebhookEvent<A = Attributes> =
  (PresenceEvent<A> & Envelope) | PresenceWebhookGap;

interface CloudEvent extends Envelope {
  readonly type: string;
  readonly data: { readonly presence?: unknown; readonly from?: string; readonly to: string };
}

/** Reads the events in the verified body of a request. Leaves out types of event that are newer than this package. */
export function webhookEventsOf(body: Buffer): readonly PresenceWebhookEvent[] {
  const batch = JSON.parse(body.toString()) as readonly CloudEvent[];
  return batch.flatMap(({ id, source, type, data }): PresenceWebhookEvent[] => {
    if (type === 'presence.v1.gap') {
      const from = data.from === undefined ? undefined : new Date(data.from);
      return [{ kind: 'gap', id, source, from, to: new Date(data.to) }];
    }
    return data.presence === undefined ? [] : [{ ...presenceEventFromJson(data), id, source }];
  });
}
