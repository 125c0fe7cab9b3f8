import { openEngine } from '../../src/engine/index.js';
import { tensorflow } from '../support/engines.js';
import { describeIf } from '../support/index.js';
import { describeConformance } from './conformance.js';

const [installed, reason] = tensorflow();

describeIf(installed, reason)('tensorflow', () => {
  describeConformance(() => openEngine({ name: 'tensorflow', threads: 'auto' }));
});
