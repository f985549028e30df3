import {
  Injectable,
  Module,
  Scope,
  type INestApplication,
  type Provider,
  type Type,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { PresenceEvent, Reset, Session } from '@presence-service/client';
import {
  OnPresence,
  OnPresenceReset,
  PresenceClientModule,
  PresenceConsumer,
  PresencePositionStore,
  type EventOptions,
  type PresenceEventOf,
} from '@presence-service/nestjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Clients } from '../../client/test/support/clients.js';
import { PROTOCOLS } from '../../client/test/support/protocols.js';
import { CapturedLog } from '../../test/support/captured-log.js';
import { eventually } from '../../test/support/eventually.js';
import { SECRET, Service } from '../../test/support/service.js';

/** The calls of the handlers, in their order. */
let calls: string[];
/** The database of the application. */
let stored: string | undefined;
/** The calls of a handler that are still to fail. */
let failures: string[];

function note(call: string): void {
  calls.push(call);
  const i = failures.indexOf(call);
  if (i < 0) return;
  failures.splice(i, 1);
  throw new Error(`no ${call}`);
}

@Injectable()
class Positions extends PresencePositionStore {
  load() {
    return stored;
  }

  async save(position: string) {
    stored = position;
  }
}

@Injectable()
class LastSeen {
  @OnPresence('userOffline')
  async store({ userId, presence }: PresenceEventOf<'userOffline'>) {
    note(`${userId} last seen ${presence.status}`);
  }

  @OnPresenceReset()
  replace({ reason, presences }: Reset) {
    note(`${reason}: ${presences.map(({ userId }) => userId).join()}`);
  }
}

@Injectable()
class Feed {
  @OnPresence('userOnline', 'userOffline')
  show({ userId, kind }: PresenceEvent) {
    note(`${userId} ${kind}`);
  }
}

describe('Handlers of presence events in Nest', () => {
  let service: Service;
  let clients: Clients;
  let log: CapturedLog;
  const running: INestApplication[] = [];
  beforeEach(async () => {
    [calls, failures, stored] = [[], [], undefined];
    log = CapturedLog.start();
    clients = new Clients(PROTOCOLS[0]!);
    service = await Service.start();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((app) => app.close()));
    clients.close();
    await service.stop();
    log.restore();
  });

  async function start(
    providers: Provider[] = [LastSeen, Feed],
    events: EventOptions = {},
    store: Provider[] = [{ provide: PresencePositionStore, useClass: Positions }],
    modules: Type[] = [],
  ): Promise<INestApplication> {
    const module = await Test.createTestingModule({
      imports: [
        ...modules,
        PresenceClientModule.forRoot({
          url: `http://${service.address()}`,
          tokens: { secret: SECRET },
          events,
        }),
      ],
      providers: [...providers, ...store],
    }).compile();
    const app = module.createNestApplication({ logger: log });
    running.push(app);
    return app.init();
  }

  const stateOf = (app: INestApplication) => app.get(PresenceConsumer).state?.status;

  async function live(...args: Parameters<typeof start>): Promise<INestApplication> {
    const app = await start(...args);
    await eventually(() => stateOf(app), 'live');
    return app;
  }

  async function online(userId: string): Promise<Session> {
    const session = clients.of(service, userId).connect();
    await session.ready;
    return session;
  }

  it('receive the state at the first start, and then the events that they name', async () => {
    const ann = await online('ann');
    await live();
    await ann.setStatus('away');
    ann.close();
    await eventually(() => calls, ['first-start: ann', 'ann last seen offline', 'ann offline']);
  });

  it('go on after a restart of the application, and miss and repeat nothing', async () => {
    const app = await live();
    const ann = await online('ann');
    await eventually(() => calls.length, 2);
    await app.close();
    ann.close();
    await online('bob');
    await live();
    await eventually(
      () => calls,
      ['first-start: ', 'ann online', 'ann last seen offline', 'ann offline', 'bob online'],
    );
  });

  it('are called again when they fail, before later events, and others are not repeated', async () => {
    failures = ['first-start: ', 'ann offline', 'ann offline'];
    await live();
    const ann = await online('ann');
    ann.close();
    await online('bob');
    await eventually(
      () => calls,
      [
        'first-start: ',
        'first-start: ',
        'ann online',
        'ann last seen offline',
        'ann offline',
        'ann offline',
        'ann offline',
        'bob online',
      ],
    );
    expect(log.text).toContain('A handler of presence events failed');
    expect(log.text).toContain('no ann offline');
  });

  it('receive an event again if the application ends before they succeed', async () => {
    const app = await live();
    failures = Array<string>(1000).fill('ann online');
    await online('ann');
    await eventually(() => stateOf(app), 'retrying');
    await app.close();
    failures = [];
    calls = [];
    await live();
    await eventually(() => calls, ['ann online']);
  });

  it('receive the state when the position is lost, or the log says that nothing handles it', async () => {
    await (await live()).close();
    await service.stop();
    service = await Service.start();
    const ann = await online('ann');
    await (await live()).close();
    expect(calls).toEqual(['first-start: ', 'position-lost: ann']);
    await live([Feed], { users: ['ann'] });
    ann.close();
    await eventually(() => calls.slice(2), ['ann offline']);
    expect(log.text).toContain('Events may be missing (filter-changed)');
  });

  it('receive only events of the users, channels and kinds in the options', async () => {
    await live([Feed], { users: ['ann'], kinds: ['online', 'offline'] });
    await online('bob');
    await online('ann');
    await eventually(() => calls, ['ann online']);
  });

  it('wait until the application starts them, if it wants so', async () => {
    const app = await start([Feed], { autoStart: false });
    expect(stateOf(app)).toBeUndefined();
    app.get(PresenceConsumer).start();
    app.get(PresenceConsumer).start();
    await eventually(() => stateOf(app), 'live');
    await online('ann');
    await eventually(() => calls, ['ann online']);
    await app.get(PresenceConsumer).stop();
    expect(stateOf(app)).toBeUndefined();
  });

  it('are found once, also in controllers and under a second name', async () => {
    await live([Feed, { provide: 'feed', useExisting: Feed }]);
    await online('ann');
    await eventually(() => calls, ['ann online']);
  });

  it('are not needed: then nothing is received, and no position store is needed', async () => {
    const app = await start([], {}, []);
    expect(stateOf(app)).toBeUndefined();
  });

  it.each<[string, RegExp, () => Parameters<typeof start>]>([
    [
      'there is no position store',
      /needs a provider of PresencePositionStore/,
      () => [[Feed], {}, []],
    ],
    [
      'there are two position stores',
      /several providers/,
      () => [[Feed], {}, [{ provide: PresencePositionStore, useClass: Positions }], [OtherModule]],
    ],
    ['a handler is request-scoped', /RequestFeed[.]show .* request-scoped/, () => [[RequestFeed]]],
    [
      'a handler would never be called',
      /Feed[.]show would never be called: events[.]kinds lacks "offline"/,
      () => [[Feed], { kinds: ['online'] }],
    ],
  ])('do not start if %s', async (_, message, args) => {
    await expect(start(...args())).rejects.toThrow(message);
  });
});

@Injectable({ scope: Scope.REQUEST })
class RequestFeed extends Feed {}

@Module({ providers: [{ provide: PresencePositionStore, useClass: Positions }] })
class OtherModule {}

describe('@OnPresence', () => {
  it('refuses the name of an event that does not exist', () => {
    expect(() => OnPresence('userGone' as 'userOffline')).toThrow('no event "userGone"');
  });

  it('refuses a method that needs another event, at compile time', () => {
    class Wrong {
      // @ts-expect-error -- this event has no previous status
      @OnPresence('userOffline')
      handle(_event: PresenceEventOf<'userStatusChanged'>) {}
    }
    expect(Wrong).toBeDefined();
  });
});
