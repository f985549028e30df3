// grpc-js alone, with a handler that does nothing: what a unary call costs before anything is done.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import {
  JoinChannelRequest,
  JoinChannelResponse,
} from '../../../src/grpc/generated/presence/v1/presence_service.pb.js';

const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  {
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
    joinChannel: (_call: unknown, callback: (error: null, response: JoinChannelResponse) => void) =>
      callback(null, { presence: undefined }),
  },
);
server.bindAsync(process.env['GRPC_URL']!, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
