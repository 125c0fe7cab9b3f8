import { kernelsState } from '../../src/engine/kernels.js';
import { tensorflow } from './engines.js';
import { describeIf } from './skip.js';

/** Tests of native kernels, skipped where the engine tensorflow or its kernels are not installed. */
export function describeKernels(name: string, tests: () => void): void {
  const [installed, reason] = tensorflow();
  const compiled = installed && kernelsState() === 'compiled';
  describeIf(compiled, reason || 'its kernels are not compiled (mvrec engine install)')(name, tests);
}
