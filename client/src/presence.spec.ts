import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { toUpdate } from './change.js';
import {
  PresenceEventSchema,
  type ChangeReason,
} from './generated/presence/v1/events_service_pb.js';
import { PresenceSchema, type PresenceStatus } from './generated/presence/v1/presence_pb.js';
import { presenceOf } from './presence.js';

describe('A message of a newer service', () => {
  it('with an unknown status shows the user as online', () => {
    const message = create(PresenceSchema, { userId: 'ann', status: 99 as PresenceStatus });
    expect(presenceOf(message).status).toBe('online');
  });

  it('with an unknown reason has the reason unknown', () => {
    const event = create(PresenceEventSchema, {
      presence: { userId: 'ann' },
      reason: 99 as ChangeReason,
    });
    expect(toUpdate(event)).toMatchObject({ reason: 'unknown', occurredAt: undefined });
  });
});
