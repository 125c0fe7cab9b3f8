import { hintFor, UserError } from '../../base/index.js';
import type { Store } from '../../data/index.js';
import { missingFeatures } from '../missing.js';
import { type AlpineOptions, partsOf, type ScaaOptions } from '../options.js';

/** Whether the third head begins with what users liked and followed. */
export const readsLevels = (options: AlpineOptions | ScaaOptions): boolean =>
  partsOf(options).interest !== null && (options.name === 'scaa' || options.userInit === 'levels');

/** An error about columns of likes and follows that the third head reads and the log does not have; null: none. */
export function missingLevels(
  options: AlpineOptions | ScaaOptions,
  { name, interactions: { columns }, items }: Store,
): UserError | null {
  if (!readsLevels(options)) return null;
  const missing = (['liked', 'followed'] as const).filter((level) => !Object.hasOwn(columns, options[level]));
  if (missing.length === 0) return null;
  const texts = missing.map((level) => `no column ${options[level]} (model.${level})`);
  const hint = hintFor(
    missing.map((level) => options[level]),
    Object.keys(columns),
    'Columns',
  );
  const hasContent = Object.keys(items.vectors).length + Object.keys(items.categories).length > 0;
  const instead = hasContent
    ? 'model.name: alpine with userInit: normal, or variant: ALPINE_Base'
    : 'model.name: alpine with variant: ALPINE_umg, which needs no features of items either';
  return new UserError(
    `${name} has ${texts.join(' and ')}, which ${missing.length > 1 ? 'tell' : 'tells'} what users ${missing.join(' and ')}`,
    `${hint} Without likes and follows use ${instead}.`,
  );
}

/** An error about the vector that the user matrix is to start from and the data set does not have; null: none. */
export function missingUserVector(options: AlpineOptions | ScaaOptions, store: Store): UserError | null {
  if (options.name === 'scaa' || options.userInit !== 'feature' || partsOf(options).interest === null)
    return null;
  const names = [options.userFeature];
  const instead = () => ['model.userInit: normal'];
  return missingFeatures([{ noun: 'user vector', option: 'model.userFeature', names }], store, instead);
}
