import { didYouMean } from '../base/index.js';
import { type Card, type CardFile, type HistoryOfCard, logFiles } from './cardSchema.js';
import { repeatedColumn } from './columns.js';

/** Keys from the outermost inwards; numbers are places in lists. */
export type CardPath = readonly (string | number)[];

/** A rule that keys break together which are right one by one. */
export interface BrokenRule {
  readonly at: CardPath;
  readonly problem: string;
  readonly fix: string;
}

type Rules = Generator<BrokenRule>;

/**
 * Everything that does not go together in a card: nothing that it says is ignored. What a key has by default may be
 * written out anywhere.
 */
export function* brokenRules(card: Card): Rules {
  for (const [name, file] of Object.entries(card.files)) yield* ofFile(card, name, file);
  yield* ofLog(card);
  yield* ofParts(card);
  yield* ofColumns(card);
  for (const [name, history] of Object.entries(card.interactions.histories)) {
    yield* ofHistory(card, name, history);
  }
  yield* ofFeatures(card, 'items');
  yield* ofFeatures(card, 'users');
  yield* ofExpectations(card);
}

function broken(at: CardPath, problem: string, fix: string): BrokenRule {
  return { at, problem: `${dotted(at)} ${problem}`, fix };
}

const dotted = (at: CardPath): string =>
  at.map((key, i) => (typeof key === 'number' ? `[${key}]` : i > 0 ? `.${key}` : key)).join('');

const LEAVE_OUT = 'Leave it out.';

function* ofFile(card: Card, name: string, file: CardFile): Rules {
  const at = ['files', name];
  const paths = [file.path].flat();
  const again = paths.findIndex((path, i) => paths.indexOf(path) !== i);
  if (again >= 0) yield broken([...at, 'path', again], `names ${paths[again]} again`, 'Name it once.');
  yield* ofMd5(file, at, paths);
  yield* ofFormat(file, at, paths);
  const log = logFiles(card);
  if (log.includes(name)) return;
  for (const key of ['part', 'itemOffset'] as const) {
    if (file[key] === undefined) continue;
    yield broken(
      [...at, key],
      `is for files of the log, which ${name} is not`,
      `The log is ${log.join(', ')}.`,
    );
  }
}

function* ofMd5({ md5 }: CardFile, at: CardPath, paths: readonly string[]): Rules {
  if (md5 === undefined) return;
  const sums = [md5].flat();
  const pattern = paths.find((path) => path.includes('*'));
  if (pattern !== undefined) {
    yield broken(
      [...at, 'md5'],
      `cannot be that of all files of ${pattern}`,
      'Name the files, or leave it out.',
    );
  } else if (sums.length !== paths.length) {
    yield broken(
      [...at, 'md5'],
      `has ${counted(sums.length, 'checksum')} for ${counted(paths.length, 'path')}`,
      'Give one for each path, in their order.',
    );
  }
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** Keys that the format of a file leaves without a meaning. */
function* ofFormat(file: CardFile, at: CardPath, paths: readonly string[]): Rules {
  const { reader, table, delimiter, header, quotes, explode } = file;
  if (reader === undefined && table !== 'rows') {
    yield broken([...at, 'table'], 'names a table of a reader, and there is no reader', LEAVE_OUT);
  }
  const parquet = paths.every((path) => /\.parquet$/i.test(path));
  const ofCsv = {
    delimiter: delimiter !== 'comma',
    header: header !== undefined,
    quotes: quotes !== 'double',
  };
  for (const [key, isGiven] of Object.entries(ofCsv)) {
    if (!isGiven || (reader === undefined && !parquet)) continue;
    yield broken([...at, key], `is for CSV files, not for ${reader ?? 'Parquet'}`, LEAVE_OUT);
  }
  if (reader !== undefined && explode) {
    yield broken([...at, 'explode'], `does not go with the reader ${reader}`, LEAVE_OUT);
  }
  const again = header ? repeatedColumn(header) : null;
  if (again) {
    yield broken(
      [...at, 'header', again.at],
      `is a second column named ${again.names}`,
      'Give every column a name of its own.',
    );
  }
  if (header && explode && !header.includes(explode.column)) {
    yield broken(
      [...at, 'explode', 'column'],
      `is ${explode.column}, which is not in header`,
      didYouMean(explode.column, header, 'Columns'),
    );
  }
}

function* ofReference({ files }: Card, file: string | undefined, at: CardPath): Rules {
  if (file === undefined || Object.hasOwn(files, file)) return;
  yield broken(at, `is ${file}, which is not one of files`, didYouMean(file, Object.keys(files), 'Files'));
}

function* ofLog(card: Card): Rules {
  const { file, user, item, time, timeFormat, missingTime } = card.interactions;
  const log = logFiles(card);
  for (const [i, name] of log.entries()) {
    const at = ['interactions', 'file', ...(Array.isArray(file) ? [i] : [])];
    yield* ofReference(card, name, at);
    if (log.indexOf(name) !== i) yield broken(at, `is ${name} again`, 'Its rows would count twice.');
  }
  if (user === item) {
    yield broken(['interactions', 'item'], `is ${item}, the column of users`, 'Name the column of items.');
  }
  const ofTimes = { timeFormat: timeFormat !== 'number', missingTime: missingTime !== 'refuse' };
  for (const [key, isGiven] of Object.entries(ofTimes)) {
    if (time !== undefined || !isGiven) continue;
    yield broken(['interactions', key], 'is given, and there is no time', 'Name the column: time.');
  }
}

function* ofParts(card: Card): Rules {
  const { part } = card.interactions;
  const log = logFiles(card).filter((name) => Object.hasOwn(card.files, name));
  const [parted, others] = [true, false].map((has) =>
    log.filter((name) => (card.files[name]!.part !== undefined) === has),
  ) as [string[], string[]];
  if (part && Object.keys(part.values).length === 0) {
    yield broken(
      ['interactions', 'part', 'values'],
      'is empty',
      'Say what each value means: { "0": train }.',
    );
  }
  if (part && parted.length > 0) {
    yield broken(
      ['files', parted[0]!, 'part'],
      'says where rows belong, and so does interactions.part',
      'Leave one of them out.',
    );
  } else if (parted.length > 0 && others.length > 0) {
    yield broken(
      ['files', others[0]!],
      `has no part, but ${parted[0]} has`,
      'Give every file of the log a part, or name a column: interactions.part.',
    );
  }
}

/** Columns of the log that are read as numbers, and where the card says so. */
function* numericColumns({ interactions }: Card): Generator<[column: string, at: CardPath]> {
  const { time, columns, histories } = interactions;
  if (time !== undefined) yield [time, ['time']];
  for (const [key, spec] of Object.entries(columns)) {
    if (typeof spec === 'string') yield [spec, ['columns', Array.isArray(columns) ? Number(key) : key]];
    else {
      if (!spec.list) yield [spec.column, ['columns', key, 'column']];
      if (spec.minus !== undefined) yield [spec.minus, ['columns', key, 'minus']];
      if (spec.over !== undefined) yield [spec.over, ['columns', key, 'over']];
    }
  }
  for (const [name, { length }] of Object.entries(histories)) {
    if (length !== undefined) yield [length, ['histories', name, 'length']];
  }
}

function* ofColumns(card: Card): Rules {
  const { user, item, time, timeFormat, positives } = card.interactions;
  for (const [column, at] of numericColumns(card)) {
    const roles = [column === user && 'users', column === item && 'items'];
    const isDate = timeFormat === 'date' && column === time && at[0] !== 'time';
    const role = isDate ? 'dates' : roles.find((one) => one !== false);
    if (role === undefined) continue;
    yield broken(
      ['interactions', ...at],
      `is ${column}, the column of ${role}: it cannot be ${isDate ? 'a date' : 'an identifier'} and a number at once`,
      'Name another column, or leave it out.',
    );
  }
  const kept = keptNames(card);
  const again = kept.findIndex((name, i) => kept.indexOf(name) !== i);
  if (again >= 0) {
    yield broken(['interactions', 'columns', again], `is ${kept[again]} again`, 'Name it once.');
  }
  if (positives !== undefined && kept.includes(positives)) {
    yield broken(
      ['interactions', 'positives'],
      `is ${positives}, which is a kept column`,
      'Give the column of ones another name, or leave it out.',
    );
  }
}

function keptNames({ interactions: { columns } }: Card): readonly string[] {
  return Array.isArray(columns) ? columns : Object.keys(columns);
}

function* ofHistory(card: Card, name: string, history: HistoryOfCard): Rules {
  const at = ['interactions', 'histories', name];
  yield* ofReference(card, history.file, [...at, 'file']);
  for (const key of ['key', 'byRow', 'length'] as const) {
    if (history.file !== undefined || history[key] === undefined) continue;
    yield broken([...at, key], 'goes with a file of one list a user', 'Leave it out, or name the file.');
  }
  if (history.byRow && history.key !== undefined) {
    yield broken([...at, 'byRow'], 'and key both say whose list it is', 'Leave one of them out.');
  }
}

function* ofFeatures(card: Card, room: 'items' | 'users'): Rules {
  const seen = new Map<string, string>();
  for (const kind of ['categories', 'tags', 'texts', 'vectors'] as const) {
    for (const [name, spec] of Object.entries(card[room][kind])) {
      const at = [room, kind, name];
      const before = seen.get(name);
      if (before !== undefined) yield broken(at, `is in ${before} already`, 'Give them different names.');
      seen.set(name, kind);
      if (kind === 'vectors') yield* ofVector(card, room, name);
      else if ('column' in spec) yield* ofReference(card, spec.file, [...at, 'file']);
      if ('bucket' in spec && spec.bucket !== undefined && spec.codes !== undefined) {
        yield broken(
          [...at, 'codes'],
          'and bucket both say what the values become',
          'Leave one of them out.',
        );
      }
      if (kind !== 'vectors' && 'key' in spec && !('file' in spec)) {
        yield broken([...at, 'key'], 'goes with a file', 'Leave it out, or name the file.');
      }
    }
  }
}

function* ofVector(card: Card, room: 'items' | 'users', name: string): Rules {
  const at = [room, 'vectors', name];
  const spec = card[room].vectors[name]!;
  if ('file' in spec) {
    yield* ofReference(card, spec.file, [...at, 'file']);
    const { columns, column, separator } = spec;
    if (columns === undefined && column === undefined) {
      yield broken(at, 'needs columns, or one column of lists', 'Name one of the two.');
    } else if (columns !== undefined && column !== undefined) {
      yield broken([...at, 'column'], 'and columns both say where the vector is', 'Leave one of them out.');
    } else if (columns !== undefined && separator !== ',') {
      yield broken([...at, 'separator'], 'goes with one column of lists', LEAVE_OUT);
    }
    return;
  }
  if (spec.ids !== undefined && spec.rows !== 'number') {
    yield broken([...at, 'rows'], 'and ids both say whose the rows are', 'Leave one of them out.');
  }
  const npy = [spec.path].flat().every((path) => /\.npy$/i.test(path));
  const ofHdf5 = { values: spec.values !== 'value', keys: spec.keys !== 'key' };
  for (const [key, isGiven] of Object.entries(ofHdf5)) {
    if (npy && isGiven) yield broken([...at, key], 'is for HDF5 files', LEAVE_OUT);
  }
}

function* ofExpectations(card: Card): Rules {
  const { expect, interactions } = card;
  if (!expect) return;
  const hasParts =
    interactions.part !== undefined || logFiles(card).some((name) => card.files[name]?.part !== undefined);
  for (const part of ['train', 'validation', 'test'] as const) {
    const counted = expect[part] !== undefined ? [part] : expect.parts?.[part] && ['parts', part];
    if (hasParts || !counted) continue;
    yield broken(
      ['expect', ...counted],
      'counts a part of a published split, and the card names none',
      'Give the files of the log a part, or name a column: interactions.part.',
    );
  }
  const { positives } = interactions;
  const kept = [...keptNames(card), ...(positives === undefined ? [] : [positives])];
  for (const name of Object.keys(expect.positives)) {
    if (kept.includes(name)) continue;
    yield broken(['expect', 'positives', name], 'is no kept column', didYouMean(name, kept, 'Kept'));
  }
  for (const [name, { part }] of Object.entries(expect.positivesPerUser ?? {})) {
    const at = ['expect', 'positivesPerUser', name];
    if (!kept.includes(name)) yield broken(at, 'is no kept column', didYouMean(name, kept, 'Kept'));
    if (part !== undefined && !hasParts) {
      yield broken([...at, 'part'], 'is a part of a published split, and the card names none', LEAVE_OUT);
    }
  }
}
