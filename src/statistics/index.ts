export {
  type Bootstrap,
  type BootstrapOptions,
  pairedBootstrap,
  type UserMetric,
} from './bootstrap.js';
export { normalCdf, normalDensity } from './distributions.js';
export { type EffectSize, effectSize } from './effect.js';
export { holm } from './holm.js';
export { type Interval, meanInterval, rounding, type Summary, summarize } from './sample.js';
export { type SampleSizeRequest, valuesToReject } from './sampleSize.js';
export { type Alternative, pairedTTest, type TTest, type TTestOptions, tTest } from './tTest.js';
