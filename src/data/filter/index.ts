export { type FilterSpec, filteredText, filterStore } from './filter.js';
