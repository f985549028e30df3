import { expect, it } from 'vitest';
import { jsonLine } from './json-line.js';

it('a line of JSON has versions and times as text, and null for what is absent', () => {
  const value = { version: 2n ** 60n, since: new Date(0), channelId: undefined, text: 'a\nb' };
  expect(jsonLine(value)).toBe(
    '{"version":"1152921504606846976","since":"1970-01-01T00:00:00.000Z","channelId":null,"text":"a\\nb"}',
  );
});
