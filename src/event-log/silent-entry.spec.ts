import { describe, expect, it } from 'vitest';
import { eventOf, newLog } from '../../test/support/log.js';
import { unknownPresence } from '../domain/presence.js';

const frozen = { presence: unknownPresence('ann'), endedAt: undefined, endedVersion: 0 };

describe('A silent entry', () => {
  const viewed = { shown: eventOf('ann', 1).presence, groups: [], hiddenFrom: new Map() };
  const change = { before: viewed, after: viewed, occurredAt: 5, cause: 'REQUESTED' } as const;
  const at = (seq: number) => ({ partition: 0, seq, mark: 1 });

  it('takes an offset and no bytes, and no token is written for it', () => {
    const log = newLog();
    log.append([eventOf('ann', 1)], at(1));
    log.seal();
    const sealed = log.at(1)!.tokenEnd;
    log.append([], at(2), change);
    log.seal();
    const { kind, start, end, tokenEnd, facts } = log.at(2)!;
    expect([kind, start, end, tokenEnd]).toEqual([undefined, sealed, sealed, sealed]);
    expect(facts).toMatchObject({ first: 2, end: 3, occurredAt: 5 });
    log.append([eventOf('ann', 2)], at(3));
    expect(log.at(3)!.start).toBe(sealed);
  });

  it('has its own position for resume tokens', () => {
    const log = newLog();
    log.append([eventOf('ann', 1)], at(1));
    log.append([], at(2), change);
    expect([1, 2, 3].map((position) => log.find(log.tokenFor(position))!.start)).toEqual([1, 2, 3]);
  });

  it('is in the facts of the log, which say from which offset on a view can be derived', () => {
    const log = newLog();
    log.append([], at(1), change);
    expect([log.allFactsSince, log.hiderFactsSince]).toEqual([1, 1]);
    log.append([eventOf('ann', 1)], at(2));
    expect([log.allFactsSince, log.hiderFactsSince]).toEqual([3, 1]);
    const hidden = { ...viewed, hiddenFrom: new Map([['eve', frozen]]) };
    log.append([], at(3), { ...change, before: undefined, after: hidden });
    expect([log.allFactsSince, log.hiderFactsSince]).toEqual([4, 4]);
  });
});
