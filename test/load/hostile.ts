// node hostile.js PORT TOKEN ATTACK: calls as fast as it can between the lines "go" and "stop" on
// its standard input.
import { createInterface } from 'node:readline';
import { Metadata, type ClientReadableStream } from '@grpc/grpc-js';
import {
  SubscribeRequest,
  SubscribeResponse,
  Sync,
} from '../../src/api/generated/presence/v1/events_service.pb.js';
import * as presence from '../../src/api/generated/presence/v1/presence_service.pb.js';
import { crowdUserId } from './crowd-user-id.js';
import { call, connect, newClient } from './grpc-clients.js';

const [port, token, attack] = process.argv.slice(2);
const IN_FLIGHT = 64;
/**
 * Far more than the concurrent streams of a connection: the other calls wait in the client, and
 * each is sent when another ends.
 */
const FLOOD = 10_000;

const client = newClient(Number(port));
const metadata = new Metadata();
metadata.set('authorization', `Bearer ${token}`);
let sessionId = '';

function mute(n: number): Promise<unknown> {
  const { UpdateMuteStateRequest, UpdateMuteStateResponse } = presence;
  const request = { sessionId, isMicrophoneMuted: n % 2 === 0, isSpeakerMuted: undefined };
  const method = 'PresenceService/UpdateMuteState';
  return call(client, method, UpdateMuteStateRequest, UpdateMuteStateResponse, request, metadata);
}

function readPage(): Promise<unknown> {
  const { ListOnlineUsersRequest, ListOnlineUsersResponse } = presence;
  const request = { pageSize: 1000, pageToken: '', statuses: [], groupId: '' };
  const method = 'PresenceService/ListOnlineUsers';
  return call(client, method, ListOnlineUsersRequest, ListOnlineUsersResponse, request, metadata);
}

const userIds = Array.from({ length: 1000 }, (_, i) => crowdUserId(i));

function readBatch(): Promise<unknown> {
  const { BatchGetPresencesRequest, BatchGetPresencesResponse } = presence;
  const method = 'PresenceService/BatchGetPresences';
  const [requests, responses] = [BatchGetPresencesRequest, BatchGetPresencesResponse];
  return call(client, method, requests, responses, { userIds }, metadata);
}

/** Reads a snapshot of all users, and then disconnects. */
function subscribe(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const stream: ClientReadableStream<SubscribeResponse> = client.makeServerStreamRequest(
      '/presence.v1.EventsService/Subscribe',
      (message: SubscribeRequest) => Buffer.from(SubscribeRequest.encode(message).finish()),
      (bytes) => SubscribeResponse.decode(bytes),
      SubscribeRequest.decode(new Uint8Array()),
      metadata,
    );
    stream.on('error', reject);
    stream.on('data', ({ sync }: SubscribeResponse) => {
      if (sync !== Sync.SYNC_CURRENT) return;
      stream.cancel();
      resolve(undefined);
    });
  });
}

const ATTACKS: Readonly<Record<string, { call: (n: number) => Promise<unknown>; at: number }>> = {
  commands: { call: mute, at: IN_FLIGHT },
  subscriptions: { call: subscribe, at: IN_FLIGHT },
  pages: { call: readPage, at: IN_FLIGHT },
  batches: { call: readBatch, at: IN_FLIGHT },
  // The same call as the first attack, almost without waiting for responses.
  flood: { call: mute, at: FLOOD },
};

const { call: strike, at: inFlight } = ATTACKS[attack!]!;
let isOn = false;
let counts = { served: 0, refused: 0 };

async function strikeOn(): Promise<void> {
  for (let n = 0; isOn; n++) {
    await strike(n).then(
      () => counts.served++,
      () => counts.refused++,
    );
  }
}

sessionId = await connect(client, metadata);
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  isOn = line === 'go';
  if (isOn) {
    counts = { served: 0, refused: 0 };
    for (let i = 0; i < inFlight; i++) void strikeOn();
  } else {
    console.log(JSON.stringify(counts));
  }
}
process.exit(0);
