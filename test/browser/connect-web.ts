import { createClient, type Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { PresenceService } from '../../client/src/generated/presence/v1/presence_service_pb.js';
import { SessionService } from '../../client/src/generated/presence/v1/session_service_pb.js';

/** The script of a page that uses the library of Connect. Bundled for a browser by the tests. */

const TRANSPORTS = {
  Connect: (baseUrl: string) => createConnectTransport({ baseUrl, useBinaryFormat: true }),
  'Connect with JSON': (baseUrl: string) => createConnectTransport({ baseUrl }),
  'gRPC-Web': (baseUrl: string) => createGrpcWebTransport({ baseUrl }),
} satisfies Record<string, (baseUrl: string) => Transport>;

export type BrowserProtocol = keyof typeof TRANSPORTS;

/** Begins a session, joins a channel, makes an invalid call and ends the session. Returns the results and errors of the calls. */
export async function useLibrary(
  protocol: BrowserProtocol,
  baseUrl: string,
  token: string,
): Promise<string[]> {
  const transport = TRANSPORTS[protocol](baseUrl);
  const headers = { authorization: `Bearer ${token}` };
  const sessions = createClient(SessionService, transport);
  const presences = createClient(PresenceService, transport);
  const told: string[] = [];
  try {
    for await (const { body } of sessions.connect({ platform: 'web' }, { headers })) {
      told.push(body.case ?? 'heartbeat');
      if (body.case !== 'sessionStarted') continue;
      const { sessionId } = body.value.session!;
      const { presence } = await presences.joinChannel(
        { sessionId, channelId: 'lobby' },
        { headers },
      );
      told.push(presence!.currentChannelId!);
      await presences.getPresence({ userId: '' }, { headers }).catch((error: unknown) => {
        told.push(String(error));
      });
      await sessions.endSession({ sessionId }, { headers });
    }
  } catch (error) {
    told.push(String(error));
  }
  return told;
}
