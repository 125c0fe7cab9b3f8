/** What a pickle may hold. Never cyclic. */
export type PickleValue = number | string | boolean | null | PickleTuple | PickleList | PickleDict;

export type PickleTuple = readonly PickleValue[];

/** A list of Python. Of the outermost one the items are handed out and not kept. */
export class PickleList {
  readonly items: PickleValue[] = [];
  /** Referred to from a second place: then nothing may be added any more, or it could come to hold itself. */
  shared = false;
}

/** A dictionary of Python, outermost only: its entries are handed out and not kept. */
export class PickleDict {
  shared = false;
}

/** The elements of a tuple or list; undefined for anything else. */
export function elementsOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  if (Array.isArray(value)) return value;
  return value instanceof PickleList ? value.items : undefined;
}

/** A value in words, for messages: `a tuple of 3`, `the number 1.5`. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return `the text ${printable(value)}`;
  if (value instanceof PickleList) return `a list of ${value.items.length}`;
  return value instanceof PickleDict ? 'a dictionary' : `a tuple of ${(value as PickleTuple).length}`;
}

/** The beginning of a text of unknown origin, without what could move a terminal's cursor. */
export function printable(text: string): string {
  const shown = text.slice(0, 80).replace(/[^\x20-\x7e]/g, '?');
  return JSON.stringify(text.length > 80 ? `${shown}...` : shown);
}
