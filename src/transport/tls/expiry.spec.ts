import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Authority, type Validity } from '../../../test/support/certificates.js';
import { expiryWarning } from './certificate-watch.js';

const root = await Authority.make('root');
const HOUR_DAYS = 1 / 24;

async function warningOf(validity: Validity): Promise<string | undefined> {
  return expiryWarning(new X509Certificate((await root.server(validity)).cert), Date.now());
}

describe('a certificate', () => {
  it.each<[string, Validity]>([
    ['a year, and has 15 days left', { fromDays: -350, toDays: 15 }],
    ['90 days, and has 15 left', { fromDays: -75, toDays: 15 }],
    ['a day, and has 6 hours left', { fromDays: -18 * HOUR_DAYS, toDays: 6 * HOUR_DAYS }],
  ])('with %s left causes no warning', async (_, validity) => {
    expect(await warningOf(validity)).toBeUndefined();
  });

  it.each<[string, Validity]>([
    ['a year, and has 13 days left', { fromDays: -352, toDays: 13 }],
    ['10 days, and has one left', { fromDays: -9, toDays: 1 }],
    ['a day, and has 4 hours left', { fromDays: -20 * HOUR_DAYS, toDays: 4 * HOUR_DAYS }],
  ])('with %s left causes a warning', async (_, validity) => {
    expect(await warningOf(validity)).toMatch(/^expires on \w+ +\d+ \d\d:\d\d:\d\d \d{4} GMT$/);
  });

  it('outside its validity period causes a warning that clients reject it', async () => {
    expect(await warningOf({ fromDays: -2, toDays: -1 })).toMatch(/^expired on .*: clients/);
    expect(await warningOf({ fromDays: 1, toDays: 2 })).toMatch(/^is not valid before .*: clients/);
  });
});
