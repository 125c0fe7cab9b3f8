import { createRequire } from 'node:module';

const { names } = createRequire(import.meta.url)('./test/support/typescript.cjs');

/** Tests are TypeScript ES modules; SWC strips the types, Node's own module loader runs them. */
export default {
  testEnvironment: './test/support/environment.cjs',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    'test/support/tfjs\\.cjs$': '<rootDir>/test/support/namedExports.cjs',
    '^.+\\.ts$': [
      './test/support/typescript.cjs',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  // See test/support/typescript.cjs.
  sandboxInjectedGlobals: names,
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js'],
    // Quicker to load. Also for the native addon's files, which lie in the cache: they must find this one copy.
    '^@tensorflow/tfjs$': '<rootDir>/test/support/tfjs.cjs',
    '^@tensorflow/tfjs-core$': '<rootDir>/node_modules/@tensorflow/tfjs-core',
    '^@tensorflow/tfjs-(layers|converter|data|backend-webgl)$': '<rootDir>/test/support/unused.cjs',
  },
  reporters: ['default', './test/support/skips.js'],
  // Many tests wait for a process that they started.
  maxWorkers: '100%',
  testTimeout: 60_000,
};
