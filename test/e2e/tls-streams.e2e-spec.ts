import { constants, connect } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SessionRegistry } from '../../src/session/session-registry.js';
import { Authority } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';
import { inWords } from '../support/in-words.js';
import { Link } from '../support/link.js';
import { RawCall } from '../support/raw-call.js';
import { Service, tokenOf } from '../support/service.js';
import { trusting } from '../support/tls-client.js';
import { TlsFolder } from '../support/tls-folder.js';

const KEEPALIVE_TIME_MS = 500;
/** Far longer than a ping takes on a busy machine. */
const KEEPALIVE_TIMEOUT_MS = 5000;

/**
 * The behaviour that depends on the stream and the connection of a call, to which TLS adds a layer.
 */
describe('A session over TLS', () => {
  let root: Authority;
  let folder: TlsFolder;
  let service: Service;
  let link: Link;
  beforeAll(async () => {
    root = await Authority.make('root');
    folder = await TlsFolder.with(await root.server());
    service = await Service.start({
      ...folder.settings,
      KEEPALIVE_TIME_MS: `${KEEPALIVE_TIME_MS}`,
      KEEPALIVE_TIMEOUT_MS: `${KEEPALIVE_TIMEOUT_MS}`,
    });
    link = await Link.to(service.addresses());
  });
  afterAll(async () => {
    link.close();
    await service.stop();
    await folder.remove();
  });

  /**
   * Returns the reason with which the user is announced OFFLINE. `others` is the number of sessions
   * that stay.
   */
  async function endOf(userId: string, leave: () => Promise<unknown>, others = 0): Promise<string> {
    const watcher = await service.secureClient('watcher', trusting(root));
    const subscription = watcher.subscribe({ userIds: [userId] });
    await subscription.beginning();
    await leave();
    const [online, offline] = await subscription.nextEvents(2);
    expect(inWords(online!)).toBe('userOnline CONNECTED');
    await eventually(() => service.sizeOf(SessionRegistry), others);
    watcher.close();
    return inWords(offline!);
  }

  it('is ended by a client that cancels its stream', async () => {
    const end = await endOf('canceller', async () => {
      const client = await service.secureClient('canceller', trusting(root));
      (await client.connect()).stream.cancel();
    });
    expect(end).toBe('userOffline DISCONNECTED');
  });

  it('is ended by a client that sends GOAWAY and closes its connection', async () => {
    const end = await endOf('polite', async () => {
      const session = connect(`https://${service.address()}`, {
        ca: root.cert,
        servername: 'localhost',
      });
      const token = await tokenOf('polite');
      const call = RawCall.to(service.address(), 'SessionService/Connect', token, session);
      await call.answered();
      call.stream.close(constants.NGHTTP2_CANCEL);
      session.close();
    });
    expect(end).toBe('userOffline DISCONNECTED');
  });

  it.each(['cut', 'reset', 'fallSilent'] as const)(
    'is lost with its connection: %s',
    async (fail) => {
      const end = await endOf(fail, async () => {
        const client = await service.secureClient(fail, trusting(root), link.addresses);
        await client.connect();
        link[fail]();
      });
      expect(end).toBe('userOffline CONNECTION_LOST');
    },
  );

  it('is kept while its peer answers pings, however quiet it is', async () => {
    const client = await service.secureClient('quiet', trusting(root));
    const { stream } = await client.connect();
    // In the time in which another connection is lost.
    const leave = async (): Promise<void> => {
      const silent = await service.secureClient('silent', trusting(root), link.addresses);
      await silent.connect();
      link.fallSilent();
    };
    const end = await endOf('silent', leave, 1);
    expect(end).toBe('userOffline CONNECTION_LOST');
    expect((await client.listSessions()).sessions).toHaveLength(1);
    stream.cancel();
  });

  it('ends with the deadline that its client gave it', async () => {
    const client = await service.secureClient('dated', trusting(root));
    const { stream } = await client.connectForShort();
    expect((await stream.ended).code).toBe(status.DEADLINE_EXCEEDED);
    await eventually(() => service.sizeOf(SessionRegistry), 0);
  });
});
