import type { SplitName } from '../types.js';
import { partNames } from '../types.js';
import { rankOf } from './names.js';
import type { Column, Profile } from './profile.js';
import { rowsText } from './words.js';

/** Column of a published split and what its values mean. */
export interface PartChoice {
  readonly column: Column;
  readonly values: Readonly<Record<string, SplitName>>;
  readonly why: string;
}

const words: Readonly<Record<SplitName, readonly string[]>> = {
  train: ['train', 'training', 'trn', 'tr'],
  validation: ['validation', 'valid', 'val', 'vali', 'dev', 'eval'],
  test: ['test', 'testing', 'tst', 'te'],
};

/** The column whose values all name parts of a split; numbers count only under a name that says so. */
export function choosePart({ columns }: Profile, taken: readonly Column[]): PartChoice | null {
  for (const column of columns) {
    if (taken.includes(column) || column.values.length < 2 || column.values.length > 3) continue;
    const values = column.numeric ? partsOfNumbers(column) : partsOfWords(column);
    if (!values) continue;
    const found = partNames.filter((part) => Object.values(values).includes(part));
    if (found.length < column.values.length || !found.includes('train')) continue;
    const sizes = column.values.map(([value, rows]) => `${value}: ${rowsText(rows)}`).join(', ');
    return { column, values, why: `its values name the parts of a split; ${sizes}` };
  }
  return null;
}

function partsOfWords({ values }: Column): Record<string, SplitName> | null {
  const parts: Record<string, SplitName> = {};
  for (const [value] of values) {
    const part = partNames.find((name) => words[name].includes(value.toLowerCase()));
    if (!part) return null;
    parts[value] = part;
  }
  return parts;
}

/** The habit of MMRec's files: 0 train, 1 validation, 2 test; of two numbers the second is test. */
function partsOfNumbers({ name, values, min, max, whole }: Column): Record<string, SplitName> | null {
  if (rankOf(name, 'part') < 0 || !whole || min !== 0 || max !== values.length - 1) return null;
  const order: readonly SplitName[] = values.length === 2 ? ['train', 'test'] : partNames;
  return Object.fromEntries(values.map(([value]) => [value, order[Number(value)]!]));
}
