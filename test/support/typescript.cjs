/**
 * SWC for tests, and what every file uses of JavaScript's own as constants of the file: Jest runs tests in a context of `node:vm`,
 * where each look at a global costs as much as a call. For CommonJS, which is TensorFlow.js here, Jest has an option for it.
 */
const { createTransformer } = require('@swc/jest');

const names = [
  ...['Object', 'Array', 'Number', 'String', 'Symbol', 'Map', 'Set', 'Error', 'Math', 'JSON'],
  ...['Float32Array', 'Float64Array', 'Int32Array', 'Uint8Array'],
];
const constants = names.map((name) => `const ${name} = globalThis.${name};`).join(' ');

module.exports = {
  names,
  createTransformer: (options) => {
    const swc = createTransformer(options);
    const withConstants = (result) => ({ ...result, code: `${constants} ${result.code}` });
    return {
      ...swc,
      getCacheKey: (source, ...rest) => swc.getCacheKey(`${constants}${source}`, ...rest),
      process: (...given) => withConstants(swc.process(...given)),
      processAsync: async (...given) => withConstants(await swc.processAsync(...given)),
    };
  },
};
