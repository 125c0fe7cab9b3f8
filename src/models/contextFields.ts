import { didYouMean, UserError } from '../base/index.js';
import type { PreparedData, RowField } from '../data/index.js';
import type { ValueField } from '../layers/index.js';
import { leastOf, unknownOf } from './fields.js';
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
    const values = columns[column];
    if (!values) {
      throw new UserError(
        `${data.store.name} has no column ${column} (${option})`,
        `${didYouMean(column, Object.keys(columns), 'Columns of the log')} Without it: ${option}: [].`,
      );
    }
    const ofRows = Float64Array.from(data.split.train, (row) => values[row]!);
    const bucketOf = bucketing(rules.buckets[column] ?? 'values', ofRows);
    const vocabulary = new Vocabulary(ofRows, bucketOf, leastOf(data, rules));
    const places = 1 + vocabulary.size;
    return {
      row: { column, places, placeOf: (value) => 1 + vocabulary.valueOf(value) },
      field: {
        kind: 'value',
        name: column,
        values: Int32Array.from({ length: places }, (_, place) => place - 1),
        rows: Math.max(1, vocabulary.size),
        unknown: unknownOf(vocabulary.lacksRows, rules),
      },
    };
  });
}
