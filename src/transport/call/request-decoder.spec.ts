import type { DescMessage } from '@bufbuild/protobuf';
import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SessionService } from '#contract/presence/v1/session_service_pb.js';
import { EventsService } from '#contract/presence/v1/events_service_pb.js';
import type { RequestDecoder } from './lazy-request.js';
import { SubscribeRequest } from '../../api/generated/presence/v1/events_service.pb.js';
import { ConnectRequest } from '../../api/generated/presence/v1/session_service.pb.js';
import { requestDecoder } from './request-decoder.js';
import { requestLimitOf } from '../../api/request-limits.js';
import { LoopSlices } from './loop-slices.js';

const PATH = '/presence.v1.EventsService/Subscribe';
/** More records than the lists of this request and 4,096 other records together. */
const TOO_MANY_RECORDS = 20_000;
const EMPTY = SubscribeRequest.decode(new Uint8Array());
const USER_IDS = Array.from({ length: 10_000 }, (_, i) => `${'😀'.repeat(123)}${10_000 + i}`);

const PROTO_GROUP = [0xa3, 6, ...repeated([0x08, 1], TOO_MANY_RECORDS), 0xa4, 6];

function repeated(record: readonly number[], count: number): Buffer {
  return Buffer.concat(Array<Buffer>(count).fill(Buffer.from(record)));
}

describe('The decoder of Subscribe', () => {
  const generated = vi.fn((reader: BinaryReader) => SubscribeRequest.decode(reader));
  const yielding = vi.fn(async () => {});
  let decoder: RequestDecoder;
  beforeAll(() => {
    const { input } = EventsService.method.subscribe;
    const newSlices = (): LoopSlices => new LoopSlices(yielding);
    decoder = requestDecoder(input, requestLimitOf(PATH), generated, newSlices);
  });
  beforeEach(() => void vi.clearAllMocks());

  function bytesOf(request: Partial<SubscribeRequest>): Buffer {
    return Buffer.from(SubscribeRequest.encode({ ...EMPTY, ...request }).finish());
  }

  it('makes the same message in slices as in one step', async () => {
    const request = bytesOf({
      userIds: USER_IDS.slice(0, 3000),
      channelIds: ['lobby', 'attic'],
      kinds: [1, 2],
      resumeToken: 'token',
      skipSnapshot: true,
      delivery: 2,
    });
    expect(await decoder.decodeInSlices(request)).toEqual(decoder.decode(request));
  });

  it('yields to the event loop after each 256 KiB of ids', async () => {
    const request = bytesOf({ userIds: USER_IDS });
    await decoder.decodeInSlices(request);
    expect(yielding.mock.calls.length).toBeGreaterThanOrEqual(request.length / (257 * 1024) - 1);
    // The generated code does not yield, so it may decode only what is not in the lists.
    expect(generated.mock.calls.map(([{ len }]) => len)).toEqual([0]);
  });

  it.each([
    ['users', [0x0a, 0], 10_001, 'user_ids', 'must hold at most 10000 values'],
    ['channels', [0x12, 0], 1001, 'channel_ids', 'must hold at most 1000 values'],
    ['kinds', [0x18, 1], 101, 'kinds', 'must hold at most 100 values'],
    ['kinds in one record', [0x1a, 102, ...Array<number>(102).fill(1)], 1, 'kinds', /at most 100/],
    ['fields of a later contract', [0xa0, 0x06, 1], TOO_MANY_RECORDS, 'request', /more fields/],
    ['texts', [0x22, 0], TOO_MANY_RECORDS, 'request', /more fields/],
    ['users by far', [0x0a, 0], 3_000_000, 'user_ids', 'must hold at most 10000 values'],
    ['fields in a group', PROTO_GROUP, 1, 'request', /more fields/],
  ])('rejects too many %s before it decodes them', async (_what, record, count, field, text) => {
    const request = repeated(record, count);
    const rejection = { field, message: expect.stringMatching(text) as string };
    await expect(decoder.decodeInSlices(request)).rejects.toMatchObject(rejection);
    expect(generated).not.toHaveBeenCalled();
    expect(yielding).not.toHaveBeenCalled();
  });

  it('rejects millions of numbers in one record without reading each of them', async () => {
    const record = Buffer.alloc(5_000_000, 1);
    const request = Buffer.from(new BinaryWriter().uint32(26).bytes(record).finish());
    const looking = vi.spyOn(Uint8Array.prototype, Symbol.iterator);
    const rejection = { field: 'kinds', message: 'must hold at most 100 values' };
    await expect(decoder.decodeInSlices(request)).rejects.toMatchObject(rejection);
    expect(looking).not.toHaveBeenCalled();
    looking.mockRestore();
  });

  it('rejects a text that no rule would let through before it is decoded', async () => {
    const request = Buffer.from(new BinaryWriter().uint32(34).string('x'.repeat(5000)).finish());
    const rejection = { field: 'resume_token', message: 'must be at most 4096 bytes' };
    await expect(decoder.decodeInSlices(request)).rejects.toMatchObject(rejection);
    expect(generated).not.toHaveBeenCalled();
  });

  it('names the path of a text that is within another message', () => {
    const input: DescMessage = SessionService.method.connect.input;
    const choices = input.fields.find(({ name }) => name === 'choices')!;
    const status = choices.message!.fields.find(({ name }) => name === 'status')!;
    const text = status.message!.fields.find(({ name }) => name === 'status_text')!;
    const tagged = (number: number): BinaryWriter =>
      new BinaryWriter().tag(number, WireType.LengthDelimited);
    const inner = tagged(text.number).string('x'.repeat(5000)).finish();
    const parts = tagged(status.number).bytes(inner).finish();
    const request = Buffer.from(tagged(choices.number).bytes(parts).finish());
    const limit = requestLimitOf('/presence.v1.SessionService/Connect');
    const read = (reader: BinaryReader): object => ConnectRequest.decode(reader);
    const decode = (): object =>
      requestDecoder(input, limit, read, () => new LoopSlices(yielding)).decode(request);
    expect(decode).toThrow(expect.objectContaining({ field: 'choices.status.status_text' }));
  });
});
