const given = process.env.TEST_SEED;

/**
 * Whether the seed was given, as by `npm run test:nightly`. Tests of random cases then run all of
 * them. With the fixed seed every run repeats the same cases, so fewer of them are enough.
 */
export const HAS_GIVEN_SEED = given !== undefined;

/**
 * The seed of all random values in tests. It is fixed, so that a failure is caused by the tested
 * change. `npm run test:nightly` sets `TEST_SEED` to a new one and prints it.
 */
export const SEED = Number(given ?? 12);
