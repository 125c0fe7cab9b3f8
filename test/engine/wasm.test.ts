import { openEngine } from '../../src/engine/index.js';
import { describeConformance } from './conformance.js';

// tfjs differentiates gather by unsortedSegmentSum; mvrec uses gatherRows instead.
const lacking = ['unsortedSegmentSum', 'gather', 'gather axis 1'];

describeConformance(() => openEngine({ name: 'wasm', threads: 'auto' }), lacking);
