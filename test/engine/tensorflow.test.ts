import { tensorflow, useEngine } from '../support/engines.js';
import { describeIf } from '../support/index.js';
import { describeConformance } from './conformance.js';

const [installed, reason] = tensorflow();

describeIf(installed, reason)('tensorflow', () => {
  describeConformance(() => useEngine('tensorflow'));
});
