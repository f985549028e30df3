import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { unknownPresence } from '../domain/presence.js';
import { encoded } from './codecs.js';
import { Presence } from './generated/presence/v1/presence.pb.js';
import { toPresenceMessage } from './proto-mappers.js';

const presence = toPresenceMessage({
  ...unknownPresence('user-1'),
  connectedAt: 1,
  platforms: ['x'],
});

describe('A message', () => {
  it('has the same bytes as the generated code produces', () => {
    expect([...encoded(Presence, presence)]).toEqual([...Presence.encode(presence).finish()]);
    const long = { ...presence, statusText: '家'.repeat(10_000) };
    expect([...encoded(Presence, long)]).toEqual([...Presence.encode(long).finish()]);
  });

  it('keeps its bytes when the next one is encoded', () => {
    const first = encoded(Presence, presence);
    encoded(Presence, { ...presence, userId: 'user-2' });
    expect(Presence.decode(first)).toEqual(presence);
  });

  it('is complete after another message could not be encoded', () => {
    const broken = {
      encode: (_message: object, writer: BinaryWriter): BinaryWriter => {
        writer.uint32(10).fork();
        throw new Error('half way');
      },
    };
    expect(() => encoded({ ...broken, decode: () => ({}) }, {})).toThrow('half way');
    expect(Presence.decode(encoded(Presence, presence))).toEqual(presence);
  });

  it('shares its memory with other messages if it is small', () => {
    const memory = Array.from({ length: 100 }, () => encoded(Presence, presence).buffer);
    expect(new Set(memory).size).toBeLessThan(5);
  });
});
