// The gRPC clients that the other examples for Node.js share.
import { relative } from 'node:path';
import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const names = ['session', 'presence', 'events', 'moderation'];
const files = names.map((name) => `presence/v1/${name}_service.proto`);
const contract = loadSync(files, {
  includeDirs: ['proto'],
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});
const { SessionService, PresenceService, EventsService, ModerationService } =
  loadPackageDefinition(contract).presence.v1;

/** The token and the address of the command line. Without a token, prints the usage and exits. */
export function readArguments() {
  const [token, address = 'localhost:50051'] = process.argv.slice(2);
  if (token === undefined) {
    console.error(`Usage: node ${relative('', process.argv[1])} <token> [address]`);
    process.exit(2);
  }
  return { token, address };
}

/** Clients of the four services at `address`, and the metadata for every call. */
export function serviceAt(address, token) {
  const plaintext = credentials.createInsecure();
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return {
    sessions: new SessionService(address, plaintext),
    presences: new PresenceService(address, plaintext),
    events: new EventsService(address, plaintext),
    moderation: new ModerationService(address, plaintext),
    metadata,
  };
}
