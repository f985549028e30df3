import { describe, expect, it } from 'vitest';
import { fuzz } from '../fuzz/run.js';

/** Another one each time; `FUZZ_SEED` has one again. */
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 100_000);

/** `npm run fuzz` makes many more. */
const REQUESTS = 5000;

describe('Whatever a client sends', () => {
  it(`is answered clearly, and changes nothing when it is refused (FUZZ_SEED=${seed})`, async () => {
    const answers = await fuzz({ seed, requests: REQUESTS });
    // Or it would have been refused at the door, all of it.
    for (const end of ['OK', 'open stream', 'INVALID_ARGUMENT', 'NOT_FOUND', 'PERMISSION_DENIED']) {
      expect([...answers.keys()].some((answer) => answer.endsWith(end))).toBe(true);
    }
  }, 300_000);
});
