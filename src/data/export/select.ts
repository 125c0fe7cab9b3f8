import { didYouMean, UserError } from '../../base/index.js';
import { type Histories, type Interactions, type PreparedData, partNames, type Store } from '../types.js';
import type { Exported, ExportedHistory, Origin, Parts } from './types.js';

export interface SelectOptions {
  readonly label: string | null;
  /** Latest items of a row's history to write; null: no histories. */
  readonly historyLength: number | null;
  /** Only rows whose label is positive, for programs that take every row as a positive. */
  readonly positives: boolean;
  readonly origin: Origin;
}

/** The rows of an experiment, in its parts, with the histories that its models see. */
export function ofExperiment(
  prepared: PreparedData,
  options: SelectOptions & { readonly label: string },
): Exported {
  const { store, split, histories, label } = prepared;
  const { historyLength, positives, origin } = options;
  return {
    store,
    parts: positives ? positiveRows(split, label) : split,
    label: options.label,
    histories:
      historyLength === null ? [] : [causalHistory(histories('positive'), store.interactions, historyLength)],
    origin,
  };
}

/** Of a data set, histories may be asked for as they are, where it has any. */
export type DataSetOptions = Omit<SelectOptions, 'historyLength'> & {
  readonly historyLength: SelectOptions['historyLength'] | 'whole';
};

/**
 * A whole data set: in the parts of its published split and with its published histories, where it has them.
 *
 * @throws UserError for a label that is not there, and for histories where none were published
 */
export function ofDataSet(
  store: Store,
  { label, historyLength, positives, origin }: DataSetOptions,
): Exported {
  const { columns } = store.interactions;
  if (label !== null && !Object.hasOwn(columns, label)) {
    throw new UserError(`the data set has no column ${label}`, didYouMean(label, Object.keys(columns)));
  }
  const known = label ?? (Object.hasOwn(columns, 'is_click') ? 'is_click' : null);
  const parts = publishedParts(store.interactions);
  if (positives && (known === null || parts === null)) {
    throw new UserError(
      'only rows in parts and with a label can be left out',
      'Name an experiment (YAML): it has a split and a label.',
    );
  }
  return {
    store,
    parts: positives ? positiveRows(parts!, columns[known!]!) : parts,
    label: known,
    histories: historyLength === null ? [] : publishedHistories(store, historyLength),
    origin,
  };
}

function positiveRows(split: Parts, label: Float32Array): Parts {
  const only = (rows: Int32Array): Int32Array => rows.filter((row) => label[row]! > 0);
  return { train: only(split.train), validation: only(split.validation), test: only(split.test) };
}

function publishedParts({ part }: Interactions): Parts | null {
  if (!part) return null;
  const sizes = new Int32Array(partNames.length);
  for (const number of part) sizes[number]!++;
  const [train, validation, test] = partNames.map((_, number) => {
    const found = new Int32Array(sizes[number]!);
    for (let row = 0, next = 0; row < part.length; row++) if (part[row] === number) found[next++] = row;
    return found;
  });
  return { train: train!, validation: validation!, test: test! };
}

function causalHistory(
  { offsets, item, causalEnd, windowStart }: Histories,
  { user }: Interactions,
  length: number,
): ExportedHistory {
  const begin = (row: number): number => windowStart?.[row] ?? offsets[user[row]!]!;
  return latest('history', length, item, begin, (row) => causalEnd[row]!);
}

function publishedHistories({ histories }: Store, length: number | 'whole'): ExportedHistory[] {
  const published = Object.entries(histories);
  if (published.length === 0 && length !== 'whole') {
    throw new UserError(
      'the data set came without histories, and without an experiment nothing says of which label they should be',
      'Name an experiment (YAML) in place of the data set.',
    );
  }
  return published.map(([name, { item, start, end }]) =>
    latest(
      name,
      length === 'whole' ? longest(start, end) : length,
      item,
      (row) => start[row]!,
      (row) => end[row]!,
    ),
  );
}

function longest(start: Int32Array, end: Int32Array): number {
  let length = 0;
  for (let row = 0; row < start.length; row++) length = Math.max(length, end[row]! - start[row]!);
  return length;
}

function latest(
  name: string,
  length: number,
  item: Int32Array,
  begin: (row: number) => number,
  end: (row: number) => number,
): ExportedHistory {
  return { name, length, item, start: (row) => Math.max(begin(row), end(row) - length), end };
}
