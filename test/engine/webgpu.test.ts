import { startWebgpu } from '../../src/engine/webgpu.js';
import { describeIf } from '../support/index.js';
import { describeConformance } from './conformance.js';
import { webgpu } from './graphics.js';

const { exists, reason } = webgpu();

describeIf(exists, reason)('webgpu', () => {
  describeConformance(startWebgpu);
});
