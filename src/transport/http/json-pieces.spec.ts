import { describe, expect, it } from 'vitest';
import { Random } from '../../../test/chaos/random.js';
import { packageDefinition } from '../../api/codecs.js';
import { LoopSlices } from '../call/loop-slices.js';
import { jsonCodec } from './json-codec.js';
import { JsonPieces, MAX_PIECE_BYTES } from './json-pieces.js';

const USER_IDS = Array.from({ length: 10_000 }, (_, i) => `${'x'.repeat(120)}${i}`);
const CHANNEL_IDS = Array.from({ length: 1000 }, (_, i) => `"\\,[]{}:家族👍${i}`);
const LARGEST = { userIds: USER_IDS, channelIds: CHANNEL_IDS, kinds: [1, 2], skipSnapshot: true };

function piecesOf(json: string): readonly string[] {
  const bytes = Buffer.from(json);
  const pieces = new JsonPieces(bytes);
  pieces.readTo(bytes.length);
  return pieces.finish().map(String);
}

/** Merges the contents of the pieces. Throws if one of them is not valid JSON. */
function merged(pieces: readonly string[]): Record<string, unknown> {
  const [first, ...others] = pieces.map((piece) => JSON.parse(piece) as Record<string, unknown>);
  for (const other of others) {
    for (const [name, values] of Object.entries(other)) {
      first![name] = [...(first![name] as unknown[]), ...(values as unknown[])];
    }
  }
  return first!;
}

describe('The pieces of a request in JSON', () => {
  it('hold the same content as the complete document, and are small', () => {
    for (const space of [undefined, 2, '\t\n']) {
      const pieces = piecesOf(JSON.stringify(LARGEST, undefined, space));
      expect(merged(pieces)).toEqual(LARGEST);
      expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThanOrEqual(
        MAX_PIECE_BYTES,
      );
      expect(pieces.length).toBeGreaterThan(20);
    }
  });

  it.each([
    '{}',
    '[]',
    '{"a":[]}',
    '{"a":[ ]}',
    '{"a":null}',
    '[["a"]]',
    '"a"',
    '{"a":[[1],{"b":[2]}]}',
  ])('of a small one are it: %s', (json) =>
    expect(merged(piecesOf(json))).toEqual(JSON.parse(json)),
  );

  it('are JSON if and only if the complete document is', () => {
    const random = new Random(1);
    // Ten of these strings fill two pieces. Two of them that merge into one string are still within the limit for one
    // string.
    const long = `"${'y'.repeat(12_000)}"`;
    const parts = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      ' ',
      '"',
      '\\',
      long,
      '"a":[',
      `${long},`,
    ];
    let good = 0;
    for (let i = 0; i < 1000; i++) {
      const values = Array.from({ length: random.between(0, 12) }, () => long).join();
      const mutated = [...`{"a":[${values}],"b":[1,2]}`.split(/(?<=[[\],:{}])/)];
      for (let j = random.between(0, 2); j > 0; j--) {
        const at = random.between(0, mutated.length - 1);
        mutated.splice(at, random.between(0, 1), random.oneOf(parts));
      }
      const json = mutated.join('');
      const isJson = succeeds(() => JSON.parse(json));
      if (isJson) good++;
      const arePieces = succeeds(() => piecesOf(json).map((piece) => JSON.parse(piece) as unknown));
      expect(arePieces, json.replaceAll(long, 'L')).toBe(isJson);
    }
    expect(good).toBeGreaterThan(100);
  });

  it('reject more values or larger values than any request may have', () => {
    for (const json of [
      '['.repeat(12_001),
      `{"userIds":[${'"",'.repeat(12_001)}""]}`,
      `{"userIds":["${'x'.repeat(30_000)}"]}`,
      `{"${'x'.repeat(30_000)}":1}`,
      `{"kinds":[${'1'.repeat(200_000)}]}`,
      `{${' '.repeat(200_000)}}`,
    ]) {
      expect(() => piecesOf(json), json.slice(0, 20)).toThrow(/than any request/);
    }
  });
});

describe('A large request in JSON', () => {
  const method = packageDefinition()['presence.v1.EventsService']!['Subscribe']!;

  it('is decoded in slices, and yields to the event loop after each piece', async () => {
    let yields = 0;
    const codec = jsonCodec(method, () => new LoopSlices(async () => yields++));
    const json = Buffer.from(JSON.stringify(LARGEST));
    expect(await codec.request(json).consume()).toMatchObject(LARGEST);
    // The codec yields while it scans the request, and again while it parses the pieces.
    expect(yields).toBeGreaterThanOrEqual((2 * json.length) / MAX_PIECE_BYTES);
  });

  it('is rejected for the same key twice, also where both are lists', async () => {
    const json = `{"userIds":${JSON.stringify(USER_IDS)},"userIds":["a"]}`;
    const rejection = await jsonCodec(method).request(Buffer.from(json)).consume();
    expect(rejection).toMatchObject({ message: expect.stringMatching(/duplicate/) as string });
  });
});

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
