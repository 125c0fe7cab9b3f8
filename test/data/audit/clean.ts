import {
  type Audit,
  type AuditFinding,
  type AuditSettings,
  auditData,
  type FindingCode,
  type PreparedData,
  prepare,
  type SourceHistory,
  type SplitName,
  type Store,
} from '../../../src/data/index.js';
import { offsetsOf } from '../../../src/data/store.js';

/** A row of a made-up log. */
export interface LogRow {
  readonly user: number;
  readonly item: number;
  readonly time: number;
  readonly click: number;
  /** Part to put the row in, whatever its time. */
  readonly part?: SplitName | null;
}

export const USERS = 40;
export const ROWS_A_USER = 10;
export const ITEMS = 97;
const START = 1_600_000_000_000;

/**
 * A log without a flaw: 40 users with 10 rows each of distinct items; the k-th rows of all users lie before all (k+1)-th
 * ones, so that `time` splits of 7, 1 and 2 rows a user follow one time for all. Everybody has both labels in the test.
 */
export function cleanRows(): LogRow[] {
  const rows: LogRow[] = [];
  for (let user = 0; user < USERS; user++) {
    for (let k = 0; k < ROWS_A_USER; k++) {
      const click = k < 8 ? Number((user * 31 + k * 17) % 7 < 3) : (user + k) % 2;
      rows.push({ user, item: (user * 7 + k * 11) % ITEMS, time: START + 1000 * (k * USERS + user), click });
    }
  }
  return rows;
}

/** A store of rows, in the order of users and times; ties stay as they are. */
export function storeOf(
  rows: readonly LogRow[],
  more: { readonly [key in 'columns' | 'items' | 'histories']?: object } = {},
): Store {
  const user = Int32Array.from(rows, (row) => row.user);
  const users = 1 + Math.max(...user);
  const items = Math.max(ITEMS, 1 + Math.max(...rows.map(({ item }) => item)));
  const none = { categories: {}, tags: {}, texts: {}, vectors: {} };
  return {
    name: 'made by hand',
    fingerprint: 'f'.repeat(64),
    caveat: null,
    userIds: Array.from({ length: users }, (_, u) => `u${u}`),
    itemIds: Array.from({ length: items }, (_, i) => `i${i}`),
    interactions: {
      rows: rows.length,
      userOffsets: offsetsOf(user, users),
      user,
      item: Int32Array.from(rows, ({ item }) => item),
      time: Float64Array.from(rows, ({ time }) => time),
      columns: { is_click: Float32Array.from(rows, ({ click }) => click), ...more.columns },
    },
    users: none,
    items: { ...none, ...more.items },
    histories: { ...(more.histories as Record<string, SourceHistory>) },
    truth: {},
  };
}

export const sorted = (rows: readonly LogRow[]): LogRow[] =>
  [...rows].sort((a, b) => a.user - b.user || a.time - b.time);

/** Split 7 / 1 / 2 rows a user by time, but for rows that say where they lie (null: nowhere). */
export function preparedOf(
  rows: readonly LogRow[],
  more: Parameters<typeof storeOf>[1] & { readonly history?: string } = {},
): PreparedData {
  const data = prepare(storeOf(rows, more), {
    label: 'is_click',
    history: more.history,
    split: { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 },
  });
  if (rows.every(({ part }) => part === undefined)) return data;
  const byTime = Object.fromEntries(
    Object.entries(data.split).flatMap(([name, part]) => [...part].map((row) => [row, name])),
  );
  const partOf = (row: number): string | null => {
    const { part } = rows[row]!;
    return part === undefined ? byTime[row]! : part;
  };
  return withParts(data, (row) => partOf(row) as SplitName | null);
}

/** Other parts for the same rows. */
export function withParts(data: PreparedData, partOf: (row: number) => SplitName | null): PreparedData {
  const all = Int32Array.from(data.label.keys());
  const rowsOf = (part: SplitName): Int32Array => all.filter((row) => partOf(row) === part);
  const split = { train: rowsOf('train'), validation: rowsOf('validation'), test: rowsOf('test') };
  const warmItems = new Uint8Array(data.warmItems.length);
  for (const row of split.train) warmItems[data.store.interactions.item[row]!] = 1;
  return { ...data, split, warmItems };
}

export const history = {
  length: 3,
  sample: 'recent',
  target: 'causal',
  setting: 'model.historyTarget: causal',
} as const;

/** An experiment that does nothing to be found. */
export const honest: AuditSettings = {
  label: 'is_click',
  split: 'time',
  countsAll: [],
  model: { histories: [history], items: ['id'], users: [] },
  drawsNegatives: false,
  selectOn: 'validation',
  ranksUnlogged: false,
  candidates: null,
  card: null,
};

export function audit(data: PreparedData, settings: Partial<AuditSettings> = {}): Audit {
  return auditData(data, { ...honest, ...settings });
}

/** The one finding of a code; undefined where there is none. */
export function finding(found: Audit, code: FindingCode): AuditFinding | undefined {
  const all = found.findings.filter((one) => one.code === code);
  if (all.length > 1) throw new Error(`${all.length} findings of ${code}`);
  return all[0];
}

export const codes = ({ findings }: Audit): string[] => findings.map(({ code }) => code);

/** What a part of the rows counts. */
export const countRows = (data: PreparedData, is: (row: number) => boolean): number =>
  [...data.label.keys()].filter(is).length;
