import { readFile } from 'node:fs/promises';
import { UserError } from '../../base/index.js';
import type { ArrayVectorSpec, TableVectorSpec, VectorSpec } from '../card.js';
import { type Database, quoteName } from '../database.js';
import type { VectorFeature, VectorTraits } from '../types.js';
import { SourceVectors } from '../vectors.js';
import type { Kind } from './categories.js';
import type { FeatureContext, ImportContext } from './context.js';
import { explained } from './explained.js';
import { listOfTexts, placeOf, requireColumn, type SourceTable } from './table.js';
import { VectorSpill } from './vectorSpill.js';

/** A vector feature of the numbered users or items. */
export async function readVector(
  context: FeatureContext,
  kind: Kind,
  name: string,
  spec: VectorSpec,
  ids: readonly string[],
): Promise<VectorFeature> {
  return 'path' in spec
    ? readArray(context, kind, name, spec, ids)
    : readColumns(context, kind, name, spec, ids.length);
}

async function readArray(
  context: FeatureContext,
  kind: Kind,
  name: string,
  spec: ArrayVectorSpec,
  ids: readonly string[],
): Promise<VectorFeature> {
  const { arrays, report } = context;
  const source = await arrays.open(spec);
  const file = arrays.pathOf(spec);
  if (spec.clips !== undefined && source.width % spec.clips !== 0) {
    throw new UserError(`vectors of ${source.width} are not those of ${spec.clips} clips`, undefined, {
      file,
    });
  }
  const names = await namesOfRows(context, spec);
  const rowOf = names
    ? rowsByName(ids, names, spec.ids === undefined ? file : arrays.resolve(spec.ids))
    : spec.rows === 'rank'
      ? await rowsByRank(context, kind, ids, source.count, file)
      : await rowNumbers(context, kind, ids, source.count, file);
  let missing = 0;
  for (const row of rowOf) if (row < 0) missing++;
  if (missing === ids.length) {
    throw new UserError(
      `none of the ${ids.length} ${kind}s has a row in the array`,
      'Are these the features of other data?',
      {
        file,
      },
    );
  }
  if (missing > 0) {
    report.push(`${kind} vector ${name}: ${missing} of ${ids.length} ${kind}s have none; theirs is zero`);
  }
  return new SourceVectors(source, rowOf, traitsOf(spec));
}

/** The identifiers of an array's rows; null where it has none and the card names none. */
export async function namesOfRows(
  { arrays }: ImportContext,
  spec: ArrayVectorSpec,
): Promise<readonly string[] | null> {
  const source = await arrays.open(spec);
  return spec.ids === undefined ? source.ids : readNames(arrays.resolve(spec.ids), source.count);
}

/** Without names identifiers are row numbers. */
async function rowNumbers(
  context: FeatureContext,
  kind: Kind,
  ids: readonly string[],
  rows: number,
  file: string,
): Promise<Int32Array> {
  const rowOf = Int32Array.from(ids, (id) => (/^\d+$/.test(id) && Number(id) < rows ? Number(id) : -1));
  const bad = rowOf.indexOf(-1);
  if (bad < 0) return rowOf;
  const { file: log, line } = await firstPlace(context, kind, bad);
  throw new UserError(
    `${kind} ${ids[bad]}, first in ${log}${line === undefined ? '' : `:${line}`}, has no row among the ${rows} of the array`,
    'Without `ids` identifiers must be row numbers from 0; name a text file with one identifier a line.',
    { file },
  );
}

async function rowsByRank(
  context: FeatureContext,
  kind: Kind,
  ids: readonly string[],
  rows: number,
  file: string,
): Promise<Int32Array> {
  const inLog = await context.database.number(`SELECT count(DISTINCT "${kind}") FROM log`);
  if (inLog !== rows) {
    throw new UserError(
      `the array has ${rows} rows, and the log ${inLog} ${kind}s`,
      'With `rows: rank` there must be one for each, in the order of the identifiers.',
      { file },
    );
  }
  return Int32Array.from(ids, (_, code) => (code < rows ? code : -1));
}

/** Where the log first names a user or item by its number. */
async function firstPlace({ database, log }: FeatureContext, kind: Kind, code: number) {
  const row = await database.number(`SELECT min(source_row) FROM log WHERE "${kind}" = ${code}`);
  return row === 0 ? { file: 'a history or a table', line: undefined } : log.placeOf(row);
}

async function readNames(file: string, rows: number): Promise<string[]> {
  const names = (await readFile(file, 'utf8')).replace(/^\ufeff|\r?\n$/g, '').split(/\r?\n/);
  if (names.length === rows) return names;
  throw new UserError(`${names.length} identifiers for ${rows} rows of the array`, 'One line a row.', {
    file,
  });
}

/** @throws UserError when two rows are of one identifier */
function rowsByName(ids: readonly string[], names: readonly string[], file: string): Int32Array {
  const rowOf = new Map<string, number>();
  names.forEach((name, row) => {
    const earlier = rowOf.get(name);
    if (earlier !== undefined) {
      const problem = `${name} is there twice, for rows ${earlier} and ${row}`;
      throw new UserError(problem, 'Leave one row of each.', { file });
    }
    rowOf.set(name, row);
  });
  return Int32Array.from(ids, (id) => rowOf.get(id) ?? -1);
}

function traitsOf(spec: VectorSpec): VectorTraits {
  return {
    ...('clips' in spec && spec.clips !== undefined && { clips: spec.clips }),
    ...(spec.fittedOn !== undefined && { fittedOn: spec.fittedOn }),
  };
}

/** A vector of a table's numeric columns, or of a column of lists, by way of a temporary file: it may not fit. */
async function readColumns(
  { card, database, tables, report, spill }: FeatureContext,
  kind: Kind,
  name: string,
  spec: TableVectorSpec,
  count: number,
): Promise<VectorFeature> {
  const { file, key, columns, column, separator } = spec;
  const table = await tables.one(file);
  const id = key ?? card.interactions[kind];
  for (const one of [id, ...(columns ?? [column!])]) requireColumn(table, one);
  const types = Object.fromEntries((columns ?? []).map((one) => [one, 'DOUBLE' as const]));
  const entries = columns
    ? columns.map((one) => `CAST(coalesce(${quoteName(one)}, 0) AS VARCHAR)`).join(` || ' ' || `)
    : `array_to_string(${listOfTexts(table, column!, separator)}, ' ')`;
  const numbered = `(SELECT ${quoteName(id)} AS owner, coalesce(${entries}, '') AS entries,
    row_number() OVER () AS source_row FROM ${table.relation(types)}) AS file`;
  const rows = `SELECT CAST(code AS VARCHAR), CAST(source_row AS VARCHAR), entries FROM ${numbered}
    JOIN ${kind}s ON file.owner = ${kind}s.id ORDER BY code, source_row`;
  const out = new VectorSpill(spill, `${kind}-${name}`, count);
  try {
    await fillSpill(database, table, rows, out, columns ? 'the vector' : `column ${column}`);
    if (out.added < count) {
      report.push(
        `${kind} vector ${name}: ${count - out.added} of ${count} ${kind}s have none; theirs is zero`,
      );
    }
    if (out.repeated > 0) {
      report.push(
        `${kind} vector ${name}: left out ${out.repeated} rows of ${kind}s that have an earlier one`,
      );
    }
    return out.finish(table.path, traitsOf(spec));
  } finally {
    out.close();
  }
}

/** @param rows SQL of owner, row of the file and numbers, as texts, by owner */
async function fillSpill(
  database: Database,
  table: SourceTable,
  rows: string,
  out: VectorSpill,
  what: string,
): Promise<void> {
  let bad: { row: number; problem: string } | null = null;
  await explained(table.path, () =>
    database.eachText(rows, ([code, row, text]) => {
      if (bad !== null) return;
      const problem = out.add(Number(code), text!);
      if (problem !== null) bad = { row: Number(row), problem };
    }),
  );
  if (bad === null) return;
  const { row, problem } = bad as { row: number; problem: string };
  throw new UserError(
    `${what} ${problem}`,
    'Correct the file, or leave the vector out.',
    await placeOf(table, row),
  );
}
