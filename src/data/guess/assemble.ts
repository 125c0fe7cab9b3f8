import { basename } from 'node:path';
import { nameFrom } from '../columns.js';
import type { Entry } from '../commentedYaml.js';
import { quoteName } from '../database.js';
import { requireLabels, requireUnnamed } from './labelChecks.js';
import { labelsOf, makeLabel } from './labels.js';
import { withoutType } from './names.js';
import { choosePart, type PartChoice } from './part.js';
import type { Column, Profile } from './profile.js';
import { chooseIds, columnNamed, type GivenColumns } from './roles.js';
import type { FileShape } from './sniff.js';
import { chooseTime } from './time.js';
import { type Use, usesOf } from './uses.js';
import { rowsText } from './words.js';

export interface AssembleOptions {
  /** Of the card. */
  readonly name: string;
  readonly given: GivenColumns;
  readonly dropDuplicates: boolean;
}

/** The lines of a card, each with its reason, and the columns that none of them names. */
export interface Draft {
  readonly entries: readonly Entry[];
  /** Why there is no column of times; null where there is one. */
  readonly untimed: string | null;
  readonly unused: readonly { readonly column: string; readonly why: string }[];
}

/**
 * Decides what every column of a log is.
 *
 * @throws UserError when users, items or the order of the rows cannot be told, or a given column does not exist
 */
export async function assemble(
  profile: Profile,
  shape: FileShape,
  { name, given, dropDuplicates }: AssembleOptions,
): Promise<Draft> {
  const header = shape.format === 'parquet' || shape.header;
  const ids = chooseIds(profile, header, given);
  const user = ids.user.column;
  const item = ids.item.column;
  const time = await chooseTime(profile, header, given.time, { user, item });
  const taken = [user, item, ...(time.column ? [time.column] : [])];
  const part = choosePart(profile, taken);
  const labels = given.labels.map((label) => columnNamed(profile, label));
  const categories = given.categories.map((category) => columnNamed(profile, category));
  const spoken = [...taken, part?.column, ...labels, ...categories];
  const free = profile.columns.filter((column) => !spoken.includes(column));
  const uses = await usesOf(profile, header, { user, item }, free);
  const called = namesOf(profile, header, { user, item, time: time.column });
  const missing = 'missing' in time ? time.missing : 0;
  const entries: Entry[] = [
    { path: ['name'], value: name },
    { path: ['title'], value: basename(profile.file) },
    ...fileEntries(profile, shape, called),
    { path: ['interactions', 'file'], value: 'log' },
    { path: ['interactions', 'user'], value: called(user), why: ids.user.why },
    { path: ['interactions', 'item'], value: called(item), why: ids.item.why },
    ...(time.column ? [{ path: ['interactions', 'time'], value: called(time.column), why: time.why }] : []),
    ...('dates' in time && time.dates ? [{ path: ['interactions', 'timeFormat'], value: 'date' }] : []),
    ...(missing > 0
      ? [{ path: ['interactions', 'missingTime'], value: 'drop', why: `${rowsText(missing)} without a time` }]
      : []),
    ...(await columnEntries(profile, uses, labels, called)),
    ...partEntries(part, called),
    ...historyEntries(uses, called),
    ...(await duplicateEntries(profile, dropDuplicates, time.column !== null)),
    ...featureEntries(uses, categories, called),
  ];
  return { entries, untimed: time.column ? null : time.why, unused: unusedOf(uses) };
}

type Called = (column: Column) => string;

/** Columns of a file that does not name them get names by their meaning. */
function namesOf(
  { columns }: Profile,
  header: boolean,
  roles: Readonly<Record<'user' | 'item' | 'time', Column | null>>,
): Called {
  if (header) return ({ name }) => name;
  const own = Object.entries(roles).map(([role, column]) => [column, role] as const);
  return (column) => own.find(([known]) => known === column)?.[1] ?? columns.find((c) => c === column)!.name;
}

function fileEntries(profile: Profile, shape: FileShape, called: Called): Entry[] {
  const path: Entry = { path: ['files', 'log', 'path'], value: basename(profile.file) };
  if (shape.format === 'parquet') return [path];
  const width = profile.columns.length;
  const delimiter: Entry = {
    path: ['files', 'log', 'delimiter'],
    value: shape.delimiter,
    why: `cuts the lines into ${width} columns`,
  };
  if (shape.header) return [path, delimiter];
  const header: Entry = {
    path: ['files', 'log', 'header'],
    value: profile.columns.map(called),
    why: 'the first line is a row already, so these names are made up',
  };
  return [path, delimiter, header];
}

/** Numeric columns to keep, or the column that a log of positives gets. */
async function columnEntries(
  profile: Profile,
  uses: readonly Use[],
  given: readonly Column[],
  called: Called,
): Promise<Entry[]> {
  const name = uniqueNames();
  const entry = (column: Column, spec: Readonly<Record<string, unknown>>, why: string, end = ''): Entry => ({
    path: ['interactions', 'columns', name(nameFrom(withoutType(called(column))) + end)],
    value: Object.keys(spec).length === 0 ? called(column) : { column: called(column), ...spec },
    why,
  });
  if (given.length > 0) return given.map((column) => entry(column, {}, 'as given'));
  await requireLabels(profile, uses);
  const found = labelsOf(uses);
  const labels = found.map(({ column, why }) => entry(column, {}, why));
  const others = uses.flatMap(({ kind, column, why }): Entry[] => {
    switch (kind) {
      case 'rating':
        return [entry(column, {}, why)];
      case 'played':
      case 'duration':
        return [entry(column, { span: true }, why)];
      case 'context':
        return [entry(column, {}, why)];
      case 'segments':
        return [
          entry(column, { list: 'length' }, `${why}: how many`, '_length'),
          entry(column, { list: 'ones' }, 'and how many of them are 1', '_ones'),
        ];
      default:
        return [];
    }
  });
  if (found.some(({ column }) => column.zeros > 0)) return [...labels, ...others];
  const made = await makeLabel(profile, uses, called);
  if (made) {
    const path = ['interactions', 'columns', name(made.name)];
    return [{ path, value: made.spec, why: made.why }, ...labels, ...others];
  }
  if (labels.length > 0) return [...labels, ...others];
  await requireUnnamed(profile, uses);
  const none: Entry = { path: ['interactions', 'columns'], value: [] };
  const positives: Entry = {
    path: ['interactions', 'positives'],
    value: name('is_positive'),
    why: 'no column says what a user did or did not: every row counts as positive',
  };
  return [...(others.length > 0 ? others : [none]), positives];
}

/** Makes a name unique by a number behind it. */
function uniqueNames(): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
    taken.add(free);
    return free;
  };
}

function partEntries(part: PartChoice | null, called: Called): Entry[] {
  if (!part) return [];
  const at = ['interactions', 'part'];
  return [
    { path: [...at, 'column'], value: called(part.column), why: part.why },
    { path: [...at, 'values'], value: part.values },
  ];
}

function historyEntries(uses: readonly Use[], called: Called): Entry[] {
  return uses.flatMap((use) => {
    if (use.kind !== 'history') return [];
    const { column, separator, why } = use;
    const value = { column: called(column), ...(separator !== null && { separator }) };
    return [{ path: ['interactions', 'histories', nameFrom(called(column))], value, why }];
  });
}

/** Without a time two equal rows may well be two views; with one they are the same view twice. */
async function duplicateEntries(
  { database, columns, rows }: Profile,
  drop: boolean,
  timed: boolean,
): Promise<Entry[]> {
  const path = ['interactions', 'duplicates'];
  if (drop) return [{ path, value: 'dropExact', why: 'as given' }];
  const cells = columns.map(({ name }) => quoteName(name)).join(', ');
  const distinct = await database.number(`SELECT count(DISTINCT hash(${cells})) FROM guess`);
  if (distinct === rows) return [];
  const surplus = rows - distinct;
  const why = `${rowsText(surplus)} ${surplus === 1 ? 'equals' : 'equal'} another in every column`;
  if (timed) return [{ path, value: 'dropExact', why }];
  return [{ path, value: 'keep', why: `${why}; without a time they may be different events` }];
}

function featureEntries(uses: readonly Use[], given: readonly Column[], called: Called): Entry[] {
  const name = uniqueNames();
  const ownName = (column: Column): string => name(nameFrom(withoutType(called(column))));
  const category = (column: Column, room: string, why: string): Entry => ({
    path: [room, 'categories', ownName(column)],
    value: { column: called(column) },
    why,
  });
  if (given.length > 0) return given.map((column) => category(column, 'items', 'as given'));
  return uses.flatMap((use): Entry[] => {
    const { column, why } = use;
    if (use.kind === 'category') return [category(column, use.of, why)];
    if (use.kind === 'tag') {
      const spec = use.separator === null ? {} : { separator: use.separator };
      return [{ path: ['items', 'tags', ownName(column)], value: { column: called(column), ...spec }, why }];
    }
    if (use.kind !== 'duration' || !use.ofItem || column.min < 0 || !isMilliseconds(column)) return [];
    const value = { column: called(column), bucket: 'log2Seconds' };
    return [{ path: ['items', 'categories', name('duration')], value, why: 'length in classes of seconds' }];
  });
}

/** A video of a thousand seconds is no micro-video, one of a thousand milliseconds is a short one. */
function isMilliseconds({ name, max }: Column): boolean {
  return /ms$/i.test(withoutType(name)) || max > 10_000;
}

function unusedOf(uses: readonly Use[]): Draft['unused'] {
  return uses
    .filter(({ kind }) => kind === 'unused')
    .map(({ column, why }) => ({ column: column.name, why }));
}
