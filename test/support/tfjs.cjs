/**
 * What `import ... from '@tensorflow/tfjs'` is in tests. `namedExports.cjs` puts the names of its exports in front, and what
 * mvrec never uses of it, layers and WebGL and so on, is empty (`unused.cjs`): four megabytes less to compile for every test file.
 */
module.exports = require('../../node_modules/@tensorflow/tfjs');
