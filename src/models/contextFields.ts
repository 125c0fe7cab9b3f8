import type { PreparedData, RowField } from '../data/index.js';
import type { ValueField } from '../layers/index.js';
import { leastOf, unknownOf } from './fields.js';
import { missingFeatures } from './missing.js';
import { bucketing, type FieldRules, Vocabulary } from './vocabulary.js';

/** A column of the log as a field: how rows get their place in it, and what is embedded. */
export interface ContextField {
  readonly row: RowField;
  /** Of places: 0 is unknown. */
  readonly field: ValueField;
}

/**
 * The named columns of the log. A bucket that fewer than `minCount` train rows are in counts as unknown, which is learned where
 * train rows have it, and otherwise zero.
 *
 * @param option where the names come from, for the message
 * @throws UserError when the log has no such column
 */
export function contextFields(
  names: readonly string[],
  data: PreparedData,
  option: string,
  rules: FieldRules,
): ContextField[] {
  const { columns } = data.store.interactions;
  return names.map((column) => {
    const given = data.contextFields?.[column];
    if (given) {
      const learns = given.learnsUnknown ?? given.values.includes(-1);
      return fieldOf(column, given.cardinality, (value) => value, learns, rules);
    }
    const values = columns[column];
    if (!values) {
      throw missingFeatures([{ noun: 'column', option, names }], data.store)!;
    }
    const ofRows = Float64Array.from(data.split.train, (row) => values[row]!);
    const bucketOf = bucketing(rules.buckets[column] ?? 'values', ofRows);
    const met = data.anchors ? Float64Array.from(data.anchors, (row) => values[row]!) : ofRows;
    const vocabulary = new Vocabulary(met, bucketOf, leastOf(data, rules));
    return fieldOf(
      column,
      vocabulary.size,
      (value) => vocabulary.valueOf(value),
      vocabulary.lacksRows,
      rules,
    );
  });
}

/** @param valueAt in 0..size-1, or -1 */
function fieldOf(
  column: string,
  size: number,
  valueAt: (value: number) => number,
  learnsUnknown: boolean,
  rules: FieldRules,
): ContextField {
  const places = 1 + size;
  return {
    row: { column, places, placeOf: (value) => 1 + valueAt(value) },
    field: {
      kind: 'value',
      name: column,
      values: Int32Array.from({ length: places }, (_, place) => place - 1),
      rows: Math.max(1, size),
      unknown: unknownOf(learnsUnknown, rules),
    },
  };
}
