/**
 * The seed of all random values in tests. It is fixed, so that a failure is caused by the tested
 * change. `npm run test:nightly` sets `TEST_SEED` to a new one and prints it.
 */
export const SEED = Number(process.env.TEST_SEED ?? 12);
