import { openEngine } from '../../src/engine/index.js';
import { describeIf } from '../support/index.js';
import { describeConformance } from './conformance.js';
import { tensorflow } from './engines.js';

describeIf(tensorflow.exists, tensorflow.reason)('tensorflow', () => {
  describeConformance(() => openEngine({ name: 'tensorflow', threads: 'auto' }));
});
