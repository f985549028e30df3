import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetOf } from '../../../cli/src/options/target.js';
import { TokenSigner } from '../../../src/auth/token-signer.js';
import type { Client } from '../../support/client.js';
import { eventually } from '../../support/eventually.js';
import { inWords, statusOf } from '../../support/in-words.js';
import { SECRET, Service } from '../../support/service.js';
import { Replay } from './replay.js';
import { parseTrace } from './trace.js';

describe('A replay', () => {
  let service: Service;
  let watcher: Client;
  let signer: TokenSigner;
  beforeAll(async () => {
    signer = (await TokenSigner.of({ AUTH_JWT_SECRET: SECRET }))!;
    service = await Service.start({ RECONNECT_GRACE_MS: '0' });
    watcher = await service.client('watcher');
  });
  afterAll(() => service.stop());

  function replayOf(rows: readonly string[], speed: number): Replay {
    const trace = ['t_seconds,action,session,user,reason', ...rows].join('\n');
    const target = targetOf({ address: service.address() });
    return new Replay(parseTrace(trace, 'trace.csv'), target, signer, speed);
  }

  it('connects, acts and disconnects as recorded, and closes the sessions that the trace leaves open', async () => {
    const events = watcher.subscribe();
    await events.beginning();
    const rows = [
      '100,connect,s1,ann,',
      '100,connect,s2,bob,',
      '101,activity,s1,ann,',
      '102,disconnect,s1,ann,clean',
      '103,disconnect,s2,bob,lost',
      '104,connect,s3,cat,',
    ];
    const replay = replayOf(rows, 20);
    await replay.run(new AbortController().signal, () => {});
    await replay.close();
    expect(replay.failures.count).toBe(0);
    expect(replay.summary).toEqual({ begun: 3, activities: 1, closed: 1, lost: 1, mostAtOnce: 2 });
    const seen = (await events.nextEvents(6)).map(
      (event) => `${event.presence!.userId} ${inWords(event)}`,
    );
    expect(seen.sort()).toEqual([
      'ann userOffline DISCONNECTED',
      'ann userOnline CONNECTED',
      'bob userOffline CONNECTION_LOST',
      'bob userOnline CONNECTED',
      'cat userOffline DISCONNECTED',
      'cat userOnline CONNECTED',
    ]);
    events.cancel();
  });

  it('reports the rows that failed, and the first error', async () => {
    const replay = replayOf(['0,activity,s9,ann,', '0,disconnect,s9,ann,clean'], Infinity);
    await replay.run(new AbortController().signal, () => {});
    expect(() => replay.failures.throwIfAny('row', '')).toThrow(
      /^2 rows failed[.] The first: .*no session s9/,
    );
  });

  it('stops when it is interrupted, and closes its sessions', async () => {
    const replay = replayOf(['0,connect,s1,dan,', '99999,disconnect,s1,dan,clean'], 1);
    const stop = new AbortController();
    const running = replay.run(stop.signal, () => {});
    const statusOfDan = async () =>
      statusOf((await watcher.getPresence({ userId: 'dan' })).presence);
    await eventually(statusOfDan, 'ONLINE');
    stop.abort();
    await running;
    await replay.close();
    await eventually(statusOfDan, 'OFFLINE');
  });
});
