/** Tests are TypeScript ES modules; SWC strips the types, Node's own module loader runs them. */
export default {
  testEnvironment: './test/support/environment.cjs',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
    // For the native addon's files, which lie in the cache: what src/engine/tensorflow.ts does in plain Node.
    '^@tensorflow/tfjs(-core)?$': '<rootDir>/node_modules/@tensorflow/tfjs$1',
  },
  reporters: ['default', './test/support/skips.js'],
  // Many tests wait for a process that they started.
  maxWorkers: '100%',
  testTimeout: 60_000,
};
