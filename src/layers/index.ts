export * from './activatedMlp.js';
export * from './activationUnit.js';
export * from './additiveAttention.js';
export * from './additivePool.js';
export * from './attentionWeights.js';
export * from './batchNorm.js';
export * from './blockAttention.js';
export * from './candidateAttention.js';
export * from './causalAttention.js';
export * from './fieldAttention.js';
export * from './fieldEmbedding.js';
export * from './groupedMlp.js';
export * from './gru.js';
export * from './guidedAttention.js';
export * from './itemEncoder.js';
export * from './layerNorm.js';
export * from './learnedActivation.js';
export * from './linear.js';
export {
  type CellInit,
  type CellOptions,
  type CellParameters,
  cellParameters,
  type Lstm,
  lstm,
} from './lstm.js';
export * from './multiHeadAttention.js';
export * from './packedSequences.js';
export * from './pairLogits.js';
export * from './pooling.js';
export type { EdgeCell } from './recurrence.js';
export * from './rowLists.js';
export * from './selfOverCo.js';
export * from './similarEdges.js';
export { cutIntoSlices, sliceElements, slotsOf } from './slices.js';
export * from './sparse.js';
export * from './sparseSums.js';
export * from './temporalGraphLstm.js';
export * from './tower.js';
export * from './vectorMap.js';
export * from './windows.js';
