import { errors, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import fc from '../../test/support/seeded-fast-check.js';
import { type ClaimRules, claimsOf } from './claims.js';

const NOW = 1_794_996_400;
const RULES: ClaimRules = { clockTolerance: 5, currentDate: new Date(NOW * 1000) };

/** The outcome of a check of claims: the claims, or everything that the verifier uses of an error. */
function outcomeOf(check: () => object): object {
  try {
    return { claims: check() };
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    const { claim, reason } = error as Partial<errors.JWTExpired>;
    return { code: error.code, claim, reason };
  }
}

function expectAsJose(payload: Uint8Array, rules: ClaimRules): void {
  const text = Buffer.from(payload).toString('base64url');
  const header = Buffer.from('{"alg":"none"}').toString('base64url');
  expect(outcomeOf(() => claimsOf(text, rules))).toEqual(
    outcomeOf(() => UnsecuredJWT.decode(`${header}.${text}.`, rules).payload),
  );
}

const issuers = ['https://id.example/', 'https://other.example/', ''];
const audiences = ['presence', 'chat', 'presence-admin'];
const times = fc.oneof(
  fc.integer({ min: NOW - 8, max: NOW + 8 }),
  fc.constantFrom(NOW - 5, NOW + 5, NOW - 4.5, NOW + 5.5, 0, -1, 1e300, null, 'tomorrow', true),
);
const members = {
  sub: fc.constantFrom('alice', 7, null),
  iss: fc.oneof(fc.constantFrom(...issuers, 7, null), fc.array(fc.constantFrom(...issuers))),
  aud: fc.oneof(fc.constantFrom(...audiences, 7, null), fc.array(fc.constantFrom(...audiences, 7))),
  iat: times,
  nbf: times,
  exp: times,
};
const claims = fc.record(members, { requiredKeys: [] }).map((value) => JSON.stringify(value));
const rules = fc
  .record(
    { issuer: fc.constantFrom(...issuers), audience: fc.constantFrom(...audiences) },
    { requiredKeys: [] },
  )
  .map((expected): ClaimRules => ({ ...RULES, ...expected }));

describe('The claims of a token', () => {
  it('are accepted and refused as by jose', () => {
    fc.assert(
      fc.property(claims, rules, (payload, expected) =>
        expectAsJose(Buffer.from(payload), expected),
      ),
      { numRuns: 2000 },
    );
  });

  it('are read as by jose, whatever the payload is', () => {
    fc.assert(fc.property(fc.json(), (payload) => expectAsJose(Buffer.from(payload), RULES)));
    fc.assert(fc.property(fc.uint8Array(), (payload) => expectAsJose(payload, RULES)));
    for (const payload of [
      '',
      'null',
      '[]',
      '7',
      '"text"',
      '{',
      '{}x',
      '\ufeff{}',
      '{"exp":1e999}',
    ])
      expectAsJose(Buffer.from(payload), RULES);
    const inherited = '{"__proto__":{"iss":"https://id.example/"}}';
    expectAsJose(Buffer.from(inherited), { ...RULES, issuer: issuers[0]! });
    for (const payload of ['{"sub":"\xff"}', '{"sub":"\xc0\xaf"}', '{"sub":"\xed\xa0\x80"}'])
      expectAsJose(Buffer.from(payload, 'latin1'), RULES);
  });
});
