import type { FileKind } from '../schema/index.js';

/** What files of options are called, and what one can start from. */
export const experimentFile: FileKind = {
  name: 'an experiment file',
  needs: 'An experiment needs data and model; start from experiments/quickstart.yaml.',
};
