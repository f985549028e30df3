import { describe, expect, it } from 'vitest';
import { CONTENT_TYPES } from '../support/http-call.js';
import { HAS_GIVEN_SEED, SEED } from '../support/seed.js';
import { fuzz } from '../fuzz/run.js';

/** `npm run fuzz` makes many more requests, with a new seed each time. */
const REQUESTS = HAS_GIVEN_SEED ? 5000 : 1700;

describe('Whatever a client sends', () => {
  it(`over any protocol is answered clearly, logs no error, and changes nothing when it is refused (TEST_SEED=${SEED})`, async () => {
    const answers = await fuzz({ seed: SEED, requests: REQUESTS });
    // Otherwise all requests could have been rejected before they reached the handlers.
    for (const end of ['OK', 'open stream', 'INVALID_ARGUMENT', 'NOT_FOUND', 'PERMISSION_DENIED']) {
      expect([...answers.keys()].some((answer) => answer.endsWith(end))).toBe(true);
    }
    for (const type of [...CONTENT_TYPES.unary, ...CONTENT_TYPES.stream, 'application/grpc']) {
      const protocol = ` ${type.replace('application/', '')} `;
      const isUsed = /(OK|open stream)$/;
      expect([...answers.keys()].some((key) => key.includes(protocol) && isUsed.test(key))).toBe(
        true,
      );
    }
  });
});
