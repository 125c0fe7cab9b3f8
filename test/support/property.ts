import fc from 'fast-check';

const seed = Number(process.env.MVREC_FUZZ_SEED ?? 1);
if (!Number.isSafeInteger(seed)) {
  throw new Error(`MVREC_FUZZ_SEED is ${process.env.MVREC_FUZZ_SEED}, expected a whole number`);
}
// The same cases each time, so that a failure is of the change at hand; another seed tries others.
fc.configureGlobal({ seed });

export { fc };
