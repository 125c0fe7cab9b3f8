/**
 * How much of what is random, or could go on for ever, a test tries: 1, the default, is what `npm test` has time for; `.ci/run`
 * says 5 (`MVREC_TEST_EFFORT`).
 */
export const effort = Number(process.env.MVREC_TEST_EFFORT ?? 1);
if (!(Number.isSafeInteger(effort) && effort >= 1)) {
  throw new Error(`MVREC_TEST_EFFORT is ${process.env.MVREC_TEST_EFFORT}, expected a whole number from 1`);
}
