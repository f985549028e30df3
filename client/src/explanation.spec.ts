import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { explanationOf } from './explanation.js';
import { PresenceStatus } from './generated/presence/v1/presence_pb.js';
import {
  ExplainPresenceResponseSchema,
  StatusCause,
  StatusChoice,
  TransitionKind,
} from './generated/presence/v1/presence_service_pb.js';

const ONLINE = { userId: 'ann', status: PresenceStatus.ONLINE };
const OFFLINE = { userId: 'ann', status: PresenceStatus.OFFLINE };

describe('An explanation', () => {
  it('names the session that time ends, and the presence shown then', () => {
    const { next, sessions } = explanationOf(
      create(ExplainPresenceResponseSchema, {
        shown: ONLINE,
        own: ONLINE,
        sessions: [{ session: { sessionId: 's1' }, graceEndsAt: timestampFromMs(5000) }],
        nextTransition: {
          at: timestampFromMs(5000),
          kind: TransitionKind.GRACE_ENDED,
          sessionId: 's1',
          shown: OFFLINE,
        },
      }),
    );
    expect(next).toMatchObject({
      at: new Date(5000),
      kind: 'grace-ended',
      sessionId: 's1',
      shown: { status: 'offline' },
    });
    expect(sessions).toMatchObject([{ sessionId: 's1', graceEndsAt: new Date(5000) }]);
  });

  it('has the own presence of an invisible user and the shown one', () => {
    const explanation = explanationOf(
      create(ExplainPresenceResponseSchema, {
        shown: OFFLINE,
        own: ONLINE,
        cause: StatusCause.ACTIVE,
        choice: StatusChoice.INVISIBLE,
      }),
    );
    expect(explanation).toMatchObject({
      shown: { status: 'offline' },
      own: { status: 'online' },
      cause: 'active',
      choice: 'invisible',
      next: undefined,
    });
  });

  it('names unknown values if the service is newer than the library', () => {
    const { cause, next } = explanationOf(
      create(ExplainPresenceResponseSchema, {
        shown: ONLINE,
        own: ONLINE,
        cause: 99 as StatusCause,
        nextTransition: { kind: 99 as TransitionKind, shown: OFFLINE },
      }),
    );
    expect([cause, next?.kind]).toEqual(['unknown', 'unknown']);
  });
});
