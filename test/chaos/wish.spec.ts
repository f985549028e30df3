import { describe, expect, it } from 'vitest';
import {
  attributesOf,
  channelsOf,
  currentChannelOf,
  departed,
  FIRST_WISH,
  joined,
  left,
  withAttributes,
} from './wish.js';

const desktop = (channelId: string) => ({ channelId, platform: 'desktop' });
const mobile = (channelId: string) => ({ channelId, platform: 'mobile' });

describe('The expected state of a user', () => {
  const both = joined(joined(FIRST_WISH, desktop('lobby'), false), mobile('stage'), true);

  it('is to be in all channels that its devices have joined, the last one as the current one', () => {
    expect([channelsOf(both), currentChannelOf(both)]).toEqual([['lobby', 'stage'], 'stage']);
    const again = joined(both, desktop('lobby'), true);
    expect([channelsOf(again), currentChannelOf(again)]).toEqual([['lobby', 'stage'], 'lobby']);
    expect(channelsOf(joined(both, desktop('attic'), false))).toEqual(['attic']);
    expect(channelsOf(left(both, 'stage'))).toEqual(['lobby']);
    expect(channelsOf(left(both, undefined))).toEqual([]);
  });

  it('is to leave the channels of a device with its session, and to lose its attributes', () => {
    const set = withAttributes(both, 'mobile', new Map([['mobile.doc', '1']]), []);
    const changed = withAttributes(set, 'desktop', new Map([['desktop.doc', '2']]), []);
    expect(attributesOf(changed)).toEqual(
      new Map([
        ['mobile.doc', '1'],
        ['desktop.doc', '2'],
      ]),
    );
    const gone = departed(changed, 'mobile');
    expect(channelsOf(gone)).toEqual(['lobby']);
    expect(attributesOf(gone)).toEqual(new Map([['desktop.doc', '2']]));
    expect(attributesOf(withAttributes(gone, 'desktop', new Map(), ['desktop.doc']))).toEqual(
      new Map(),
    );
  });
});
