import { HeldVectors, type PreparedData } from '../../../src/data/index.js';
import { batchOf, preparedOf } from '../../support/batches.js';

/** A row of a log of views. */
export type View = readonly [
  user: number,
  item: number,
  playing: number,
  duration: number,
  part?: 'train' | 'test',
];

/** A log of views: the label is whether the video was watched to its end. Columns as the simulator has them, and `ratio`. */
export function viewsOf(
  views: readonly View[],
  size: { readonly users: number; readonly items: number },
  vectors: Readonly<
    Record<string, { readonly data: Float32Array; readonly width: number; readonly clips?: number }>
  >,
): PreparedData {
  const finished = ([, , playing, duration]: View) => Number(duration > 0 && playing >= duration);
  const data = preparedOf({
    ...size,
    train: views.map((view) => [view[0], view[1], finished(view)] as const),
  });
  const column = (of: (view: View) => number) => Float32Array.from(views, of);
  const rows = (part: string) =>
    Int32Array.from([...views.keys()].filter((row) => (views[row]![4] ?? 'train') === part));
  const warmItems = new Uint8Array(size.items);
  for (const row of rows('train')) warmItems[views[row]![1]] = 1;
  return {
    ...data,
    warmItems,
    store: {
      ...data.store,
      interactions: {
        ...data.store.interactions,
        columns: {
          playing_time_ms: column(([, , playing]) => playing),
          duration_ms: column(([, , , duration]) => duration),
          ratio: column(([, , playing, duration]) => (duration > 0 ? playing / duration : 0)),
        },
      },
      items: {
        ...data.store.items,
        vectors: Object.fromEntries(
          Object.entries(vectors).map(([name, { data: values, width, clips }]) => [
            name,
            new HeldVectors(values, width, { clips }),
          ]),
        ),
      },
    },
    split: { train: rows('train'), validation: new Int32Array(), test: rows('test') },
  };
}

/** The rows of a log as a batch, a context for each. */
export function batchOfRows(views: readonly View[], rows: readonly number[]) {
  const batch = batchOf(
    rows.map((row) => ({ user: views[row]![0], history: [], candidates: [[views[row]![1], 0]] as const })),
    [],
  );
  return { ...batch, pairs: { ...batch.pairs, row: Int32Array.from(rows) } };
}
