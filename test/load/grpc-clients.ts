import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { GrantsClaim } from '../../src/auth/grants.js';
import { signToken } from '../../src/auth/sign-token.js';
import {
  ConnectRequest,
  ConnectResponse,
} from '../../src/api/generated/presence/v1/session_service.pb.js';

export const SECRET = 'the-secret-of-the-benchmark-32-bytes-long';

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

/** With TLS, the client trusts every certificate. */
export function newClient(port: number, usesTls = false): Client {
  const transport = usesTls
    ? credentials.createSsl(null, null, null, { rejectUnauthorized: false })
    : credentials.createInsecure();
  return new Client(`127.0.0.1:${port}`, transport, {
    'grpc.use_local_subchannel_pool': 1,
    // An IP address is no server name in TLS.
    'grpc.ssl_target_name_override': 'localhost',
  });
}

export function tokenOf(userId: string, grants?: GrantsClaim): Promise<string> {
  return signToken({ key: SECRET, userId, ttlSeconds: 86_400, grants });
}

export async function metadataOf(userId: string, grants?: GrantsClaim): Promise<Metadata> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${await tokenOf(userId, grants)}`);
  return metadata;
}

export function call<Request, Response>(
  client: Client,
  method: string,
  requests: Codec<Request>,
  responses: Codec<Response>,
  request: Request,
  metadata: Metadata,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      `/presence.v1.${method}`,
      (message: Request) => Buffer.from(requests.encode(message).finish()),
      (bytes) => responses.decode(bytes),
      request,
      metadata,
      (error, response) => (error ? reject(error) : resolve(response!)),
    );
  });
}

/** Begins a session that lasts as long as the client. Returns its id. */
export function connect(client: Client, metadata: Metadata): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = client.makeServerStreamRequest(
      '/presence.v1.SessionService/Connect',
      (message: ConnectRequest) => Buffer.from(ConnectRequest.encode(message).finish()),
      (bytes) => ConnectResponse.decode(bytes),
      {
        platform: 'bench',
        requireHeartbeats: false,
        isMicrophoneMuted: undefined,
        isSpeakerMuted: undefined,
        previousSessionId: '',
        choices: undefined,
        attributes: new Map(),
      },
      metadata,
    );
    stream.on('error', reject);
    stream.on('data', ({ body }: ConnectResponse) => {
      if (body?.$case === 'sessionStarted') resolve(body.value.session!.sessionId);
    });
  });
}
