/**
 * Tests run in plain Node.js, many files in one process: what they use is loaded and compiled once, which takes half the time of
 * Jest's own runner. `npm test` gives Node.js test/support/typescript.js.
 */
export default {
  runner: './test/support/runner.js',
  roots: ['<rootDir>/test'],
  setupFilesAfterEnv: ['<rootDir>/test/support/setup.ts'],
  testMatch: ['**/*.test.ts'],
  reporters: ['default', './test/support/skips.js'],
  // Many tests wait for a process that they started.
  maxWorkers: '100%',
};
