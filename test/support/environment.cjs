const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest gives every test file a realm of its own, with its own Float32Array and so on. Native addons and
 * WebAssembly make their arrays in the outer realm, so `instanceof` checks inside tfjs would fail. Sharing
 * the constructors makes the tests run under the conditions of a plain process.
 */
class SharedArraysEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of [
      'ArrayBuffer',
      'SharedArrayBuffer',
      'DataView',
      'Uint8Array',
      'Uint8ClampedArray',
      'Int8Array',
      'Uint16Array',
      'Int16Array',
      'Uint32Array',
      'Int32Array',
      'Float32Array',
      'Float64Array',
      'BigInt64Array',
      'BigUint64Array',
      'Error',
    ]) {
      this.global[name] = globalThis[name];
    }
  }
}

module.exports = SharedArraysEnvironment;
