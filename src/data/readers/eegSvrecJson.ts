import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { InterruptedError, UserError } from '../../base/index.js';
import { quoteName } from '../database.js';
import type { ColumnValues } from '../tableAppender.js';
import { type JsonRecord, type JsonScalar, lineAndColumn, parseJsonRecords } from './jsonRecords.js';
import type { Reader } from './types.js';

/** Of one person's hours in a lab: 45 KB are usual. */
const MAX_BYTES = 2 ** 26;
/** What the columns that the reader makes itself are called. */
const made = ['user_id', 'item_id', 'position'];

interface Row {
  readonly user: number;
  readonly item: number;
  readonly position: number;
  readonly fields: JsonRecord['fields'];
}

/** Fields by name, in the order of their first appearance, with the kind of their values; null when all are null. */
type Fields = Map<string, 'number' | 'text' | null>;

/**
 * `metadata/NN_behavior_MAES.json` of EEG-SVRec (Zhang et al., SIGIR 2024): one file a user, whose number is the file
 * name's, in it an object of `"video": {"like": 0, "start_time": ..., ...}` for every video shown. The key is the number
 * of the video, as in `video_features.csv` (`video_tag` is a tag that videos share). The order of the keys is that of
 * the study, but not for three users: `start_time` and `video_order` tell.
 *
 * Table: `rows` (user_id, item_id, position, and every field: numbers as DOUBLE, texts as VARCHAR), the files in the order
 * given. `position` counts a user's rows from 0.
 */
export const readEegSvrecJson: Reader = async (paths, { database, prefix, signal, onCount }) => {
  const rows: Row[] = [];
  const fields: Fields = new Map();
  const files = new Map<number, string>();
  for (const [i, path] of paths.entries()) {
    if (signal?.aborted) throw new InterruptedError();
    const user = userOf(path);
    const other = files.get(user);
    if (other !== undefined) {
      throw new UserError(`user ${user} has two files, the other is ${other}`, 'Leave one out.', {
        file: path,
      });
    }
    files.set(user, path);
    addRows(rows, fields, user, path, await readText(path));
    onCount?.(i + 1, paths.length);
  }
  const table = `${prefix}rows`;
  const names = [...fields.keys()];
  const types = names.map((name) => (fields.get(name) === 'text' ? 'VARCHAR' : 'DOUBLE'));
  await database.run(
    `CREATE TABLE ${quoteName(table)} (user_id BIGINT, item_id BIGINT, "position" INTEGER
     ${names.map((name, c) => `, ${quoteName(name)} ${types[c]}`).join('')})`,
  );
  const appender = await database.appender(table);
  appender.append(
    [
      Float64Array.from(rows, ({ user }) => user),
      Float64Array.from(rows, ({ item }) => item),
      Int32Array.from(rows, ({ position }) => position),
      ...names.map((name) => columnOf(rows, name, fields.get(name)!)),
    ],
    rows.length,
  );
  appender.close();
  return { tables: { rows: quoteName(table) }, notes: noteMissing(rows, names) };
};

function userOf(path: string): number {
  const digits = /^(\d{1,9})_/.exec(basename(path))?.[1];
  if (digits !== undefined) return Number(digits);
  throw new UserError(
    'the name of the file does not begin with the number of a user',
    'Keep the names of the release, such as 03_behavior_MAES.json.',
    { file: path },
  );
}

async function readText(path: string): Promise<string> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot be opened (${error.code})`, 'Check the path.', { file: path });
  });
  try {
    const info = await file.stat();
    if (!info.isFile() || info.size > MAX_BYTES) {
      const problem = info.isFile() ? `has more than ${MAX_BYTES} bytes` : 'is not a file';
      throw new UserError(problem, 'Name the JSON files of the folder metadata.', { file: path });
    }
    const bytes = await file.readFile();
    if (isUtf8(bytes)) return bytes.toString('utf8').replace(/^\ufeff/, '');
    throw new UserError('not UTF-8 text', 'Convert the file, for example with iconv -t UTF-8.', {
      file: path,
    });
  } finally {
    await file.close();
  }
}

function addRows(rows: Row[], known: Fields, user: number, path: string, text: string): void {
  for (const [position, { key, offset, fields }] of parseJsonRecords(text, path).entries()) {
    const fail = (problem: string): never => {
      throw new UserError(problem, 'Correct the file.', { file: path, ...lineAndColumn(text, offset) });
    };
    if (!/^\d{1,15}$/.test(key)) fail(`the key ${JSON.stringify(key)} is not the number of a video`);
    for (const [name, value] of fields) {
      const kind = kindOf(value);
      if (!/^[\w.-]+$/.test(name)) fail(`${JSON.stringify(name)} is no name of a field`);
      const before = known.get(name);
      if (before === undefined && isTaken(known, name)) fail(`there are two fields or columns named ${name}`);
      if (kind && before && kind !== before) {
        fail(`${name} of video ${key} is a ${kind}, in rows before a ${before}`);
      }
      known.set(name, before ?? kind);
    }
    rows.push({ user, item: Number(key), position, fields });
  }
}

/** True and false are the numbers 1 and 0. */
function kindOf(value: JsonScalar): 'number' | 'text' | null {
  if (value === null) return null;
  return typeof value === 'string' ? 'text' : 'number';
}

/** Names of columns do not differ by upper and lower case in SQL. */
function isTaken(known: Fields, name: string): boolean {
  const same = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
  return made.some(same) || [...known.keys()].some(same);
}

function columnOf(rows: readonly Row[], name: string, kind: 'number' | 'text' | null): ColumnValues {
  const values = rows.map(({ fields }) => fields.get(name) ?? null);
  if (kind === 'text') return { texts: values as (string | null)[] };
  return { numbers: values.map((value) => (value === null ? null : Number(value))) };
}

function noteMissing(rows: readonly Row[], names: readonly string[]): string[] {
  const missing = names
    .map((name) => ({ name, count: rows.filter(({ fields }) => (fields.get(name) ?? null) === null).length }))
    .filter(({ count }) => count > 0);
  if (missing.length === 0) return [];
  const list = missing.map(({ name, count }) => `${name} in ${count}`).join(', ');
  return [`of ${rows.length} rows some lack fields: ${list}`];
}
