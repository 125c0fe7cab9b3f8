import { type Card, type ColumnSpec, type HistoryOfCard, logFiles } from '../card.js';

/** Columns to keep, by our names. */
export function keptColumns({ interactions: { columns } }: Card): [name: string, spec: ColumnSpec][] {
  if (Array.isArray(columns)) return columns.map((name) => [name, { column: name }]);
  return Object.entries(columns).map(([name, spec]) => [
    name,
    typeof spec === 'string' ? { column: spec } : spec,
  ]);
}

/** Columns of the log that features are taken from. */
export function logFeatureColumns(card: Card): string[] {
  const specs = [card.items, card.users].flatMap((room) => [
    ...Object.values(room.categories),
    ...Object.values(room.tags),
  ]);
  return [...new Set(specs.filter(({ file }) => file === undefined).map(({ column }) => column))];
}

/** Whether the source says which part of a split each row lies in. */
export function hasParts(card: Card): boolean {
  return (
    card.interactions.part !== undefined ||
    logFiles(card).some((name) => card.files[name]!.part !== undefined)
  );
}

/** Published histories that the log repeats in each row. */
export function rowHistories({ interactions: { histories } }: Card): [name: string, spec: HistoryOfCard][] {
  return Object.entries(histories).filter(([, { file }]) => file === undefined);
}

/** Published histories whose length is a column of the log: name -> that column. */
export function lengthColumns({ interactions: { histories } }: Card): [name: string, column: string][] {
  return Object.entries(histories).flatMap(([name, { length }]) =>
    length === undefined ? [] : [[name, length]],
  );
}
