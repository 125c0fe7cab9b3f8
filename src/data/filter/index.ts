export { type FilterSpec, filteredText, filterStore } from './filter.js';
export { filterLacks } from './lacks.js';
