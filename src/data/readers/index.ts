import { readEegSvrecJson } from './eegSvrecJson.js';
import { readKuaishouPickle } from './kuaishouPickle.js';
import type { ReaderName } from './names.js';
import type { Reader } from './types.js';

export { type ReaderName, readerNames } from './names.js';
export type { Reader, ReaderContext, ReaderResult } from './types.js';

export const readers: Readonly<Record<ReaderName, Reader>> = {
  'kuaishou-pickle': readKuaishouPickle,
  'eeg-svrec-json': readEegSvrecJson,
};
