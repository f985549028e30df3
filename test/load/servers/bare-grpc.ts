// Plain grpc-js with handlers that do nothing: the base cost of a call and of an open stream.
import { readFileSync } from 'node:fs';
import {
  Server,
  ServerCredentials,
  type MethodDefinition,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import {
  JoinChannelRequest,
  JoinChannelResponse,
} from '../../../src/api/generated/presence/v1/presence_service.pb.js';

const NOTHING = Buffer.alloc(0);

/** A stream that sends one empty message and stays open. */
function openStream(path: string): MethodDefinition<Buffer, Buffer> {
  const bytes = (message: Buffer): Buffer => message;
  return {
    path,
    requestStream: false,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
}

const stayOpen = (call: ServerWritableStream<Buffer, Buffer>): unknown => call.write(NOTHING);

const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  {
    connect: openStream('/presence.v1.SessionService/Connect'),
    subscribe: openStream('/presence.v1.EventsService/Subscribe'),
    joinChannel: {
      path: '/presence.v1.PresenceService/JoinChannel',
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: JoinChannelRequest) =>
        Buffer.from(JoinChannelRequest.encode(message).finish()),
      requestDeserialize: (bytes: Buffer) => JoinChannelRequest.decode(bytes),
      responseSerialize: (message: JoinChannelResponse) => {
        const bytes = JoinChannelResponse.encode(message).finish();
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      },
      responseDeserialize: (bytes: Buffer) => JoinChannelResponse.decode(bytes),
    },
  },
  {
    connect: stayOpen,
    subscribe: stayOpen,
    joinChannel: (_call: unknown, callback: (error: null, response: JoinChannelResponse) => void) =>
      callback(null, { presence: undefined, choices: undefined }),
  },
);
server.bindAsync(process.env['GRPC_URL']!, serverCredentials(), (error) => {
  if (error) throw error;
});

function serverCredentials(): ServerCredentials {
  const certFile = process.env['GRPC_TLS_CERT_FILE'];
  if (certFile === undefined) return ServerCredentials.createInsecure();
  const keyFile = process.env['GRPC_TLS_KEY_FILE']!;
  const pair = { cert_chain: readFileSync(certFile), private_key: readFileSync(keyFile) };
  return ServerCredentials.createSsl(null, [pair]);
}
