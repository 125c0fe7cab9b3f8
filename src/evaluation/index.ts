export {
  type CatalogueOptions,
  rankCatalogue,
  type TopItems,
  topOfCatalogue,
} from './catalogue.js';
export * from './evaluate.js';
export * from './predictions.js';
export * from './recommendations.js';
export { rankSampled } from './sampled.js';
export * from './score.js';
export { tableFormat } from './table.js';
