import { Injectable } from '@nestjs/common';
import type { Outcome } from './receiver.js';

/** Counts what this node delivers by webhook, for the metrics. */
@Injectable()
export class WebhookCounters {
  /** Events that the receiver has accepted, including gap events. */
  events = 0;
  /** Gaps: periods of which events may be missing. */
  gaps = 0;
  /** Requests by their result. */
  readonly requests: Record<Outcome, number> = {
    '2xx': 0,
    '3xx': 0,
    '4xx': 0,
    '410': 0,
    '5xx': 0,
    timeout: 0,
    unreachable: 0,
  };
}
