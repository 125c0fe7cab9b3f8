export { type Breakdown, type BreakdownGroup, type BreakdownKind, breakdownKinds } from './breakdown.js';
export { writeCandidates } from './candidateTable.js';
export {
  type CatalogueOptions,
  rankCatalogue,
  type TopItems,
  topOfCatalogue,
} from './catalogue.js';
export * from './evaluate.js';
export * from './predictions.js';
export { rankLists } from './rankLists.js';
export * from './recommend.js';
export * from './recommendations.js';
export * from './score.js';
export { tableFormat } from './table.js';
