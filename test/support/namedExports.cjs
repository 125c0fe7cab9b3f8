/**
 * Transforms a CommonJS module so that Jest sees at once which names it exports. Otherwise Jest reads all that the module
 * re-exports for names, and of TensorFlow.js that is a third of a second for every test file.
 */
const { createHash } = require('node:crypto');
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');

module.exports = {
  getCacheKey: (source) =>
    createHash('sha256')
      .update(source)
      .update(readFileSync(__filename))
      .update(readFileSync(require.resolve('@tensorflow/tfjs/package.json')))
      .digest('hex'),
  process: (source, file) => {
    const script = 'console.log(Object.keys(require(process.argv[1])).join())';
    const { NODE_OPTIONS: _, ...env } = process.env;
    const names = execFileSync(process.execPath, ['-e', script, file], { env, encoding: 'utf8' }).trim();
    // Jest follows a plain `require` for more names.
    const quiet = source.replace('require(', '(0, require)(');
    return { code: `0 && (module.exports = { ${names} });\n${quiet}` };
  },
};
