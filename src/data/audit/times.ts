import { Tally } from './context.js';
import type { AuditContext, Detection } from './types.js';

/** A time since 1970 lies between these, in seconds: 1973 to 2286. */
const SINCE_1970 = [1e8, 1e10] as const;
/** Seconds, milliseconds, microseconds and nanoseconds. */
const UNITS = [1, 1e3, 1e6, 1e9];
/** Units are a thousand apart; less than this between two groups of times is one long stretch of time. */
const GAP = 100;

/** Times in several units (`mixed-time-units`), and times at or before 0 (`times-not-positive`). */
export function times({ data, parts, orderOnly }: AuditContext): Detection[] {
  if (orderOnly) return [];
  const { time } = data.store.interactions;
  const groups = groupsOf(time, parts);
  const known = groups[0]!.rows === 0 && groups.some(({ rows }) => rows > 0);
  return [...mixed(time, parts, groups), ...notPositive(time, parts, known)];
}

interface Group {
  rows: number;
  least: number;
  most: number;
}

/** Group 0 is of times above 0 that are none since 1970, group 1 + u of those that are in unit u. */
function groupsOf(time: Float64Array, parts: Uint8Array): Group[] {
  const groups = [0, ...UNITS].map(() => ({
    rows: 0,
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
  }));
  for (let row = 0; row < time.length; row++) {
    if (parts[row] === 0 || time[row]! <= 0) continue;
    const group = groups[groupOf(time[row]!)]!;
    group.rows++;
    if (time[row]! < group.least) group.least = time[row]!;
    if (time[row]! > group.most) group.most = time[row]!;
  }
  return groups;
}

function groupOf(time: number): number {
  for (let u = 0; u < UNITS.length; u++) {
    const seconds = time / UNITS[u]!;
    if (seconds >= SINCE_1970[0] && seconds < SINCE_1970[1]) return 1 + u;
  }
  return 0;
}

/** Rows that are not of the largest group, where a gap parts the groups. */
function mixed(time: Float64Array, parts: Uint8Array, groups: readonly Group[]): Detection[] {
  const inUse = groups.filter(({ rows }) => rows > 0).sort((a, b) => a.least - b.least);
  // Times counted from a log's beginning may reach into what would be seconds since 1970.
  if (inUse.every((group) => group === groups[0] || group === groups[1])) return [];
  const apart = inUse.slice(1).every(({ least }, i) => least > GAP * inUse[i]!.most);
  if (inUse.length < 2 || !apart) return [];
  const largest = groups.reduce((best, { rows }, g) => (rows > groups[best]!.rows ? g : best), 0);
  const tally = new Tally();
  let used = 0;
  for (let row = 0; row < time.length; row++) {
    if (parts[row] === 0 || time[row]! <= 0) continue;
    used++;
    if (groupOf(time[row]!) !== largest) tally.add(parts[row]!, row);
  }
  const other = time.findIndex((one, row) => parts[row]! > 0 && one > 0 && groupOf(one) === largest);
  return tally.found({ code: 'mixed-time-units', severity: 'warning', other, of: used, unit: 'rows' });
}

/** Time 0 begins a log whose times are counted from its beginning; beside times since 1970 it stands for none. */
function notPositive(time: Float64Array, parts: Uint8Array, since1970: boolean): Detection[] {
  const tally = new Tally();
  let used = 0;
  for (let row = 0; row < time.length; row++) {
    if (parts[row] === 0) continue;
    used++;
    if (time[row]! < 0 || (since1970 && time[row] === 0)) tally.add(parts[row]!, row);
  }
  return tally.found({ code: 'times-not-positive', severity: 'warning', of: used, unit: 'rows' });
}
