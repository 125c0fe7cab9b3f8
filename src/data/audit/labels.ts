import { partNames } from '../types.js';
import type { AuditContext, Detection } from './types.js';

/** A label that does not vary: in whole parts (`label-constant`), or for single users of the test (`label-constant-per-user`). */
export function constantLabels({ data, settings }: AuditContext): Detection[] {
  const { label, split } = data;
  const constant = partNames.filter((name) => {
    const rows = split[name];
    return rows.length > 0 && rows.every((row) => label[row] === label[rows[0]!]);
  });
  if (constant.length === 0) return constantUsers(data);
  const parts = Object.fromEntries(constant.map((name) => [name, split[name].length]));
  return [
    {
      code: 'label-constant',
      severity: settings.ranksUnlogged ? 'note' : 'warning',
      count: constant.reduce((sum, name) => sum + split[name].length, 0),
      of: partNames.reduce((sum, name) => sum + split[name].length, 0),
      unit: 'rows',
      parts,
      example: split[constant[0]!][0],
      subject: settings.label,
    },
    ...(constant.includes('test') ? [] : constantUsers(data)),
  ];
}

/** More users than this share without both labels in the test: a mean over users is one over a minority. */
const MANY_USERS = 0.5;

function constantUsers({ label, split, store }: AuditContext['data']): Detection[] {
  const { test } = split;
  const { user } = store.interactions;
  let users = 0;
  let constant = 0;
  let rows = 0;
  let example = -1;
  for (let start = 0, end = 0; start < test.length; start = end) {
    let positives = 0;
    while (end < test.length && user[test[end]!] === user[test[start]!]) positives += label[test[end++]!]!;
    users++;
    if (positives > 0 && positives < end - start) continue;
    constant++;
    rows += end - start;
    if (example < 0) example = test[start]!;
  }
  if (constant === 0) return [];
  return [
    {
      code: 'label-constant-per-user',
      severity: constant > MANY_USERS * users ? 'warning' : 'note',
      count: constant,
      of: users,
      unit: 'users',
      example,
      value: rows / test.length,
    },
  ];
}

/**
 * Columns that tell the label: one that equals it or its opposite in every row (`label-equals-column`), or that is above a
 * threshold just where the label is 1, or below (`label-from-column`).
 */
export function labelColumns({ data, settings }: AuditContext): Detection[] {
  const { columns, rows } = data.store.interactions;
  const detections: Detection[] = [];
  if (data.label.every((value) => value === data.label[0])) return detections;
  for (const [name, values] of Object.entries(columns)) {
    if (name === settings.label) continue;
    const cut = thresholdOf(values, data.label);
    if (cut === null) continue;
    const binary = values.every((value) => value === 0 || value === 1);
    detections.push({
      code: binary ? 'label-equals-column' : 'label-from-column',
      severity: binary ? 'warning' : 'note',
      count: rows,
      of: rows,
      unit: 'rows',
      example: data.label.indexOf(1),
      subject: binary ? name : `${name} ${cut}`,
    });
  }
  return detections;
}

/** Where the label is 1: `>= x` or `< x`; null where no threshold tells. */
function thresholdOf(values: Float32Array, label: Float32Array): string | null {
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const most = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < values.length; row++) {
    const y = label[row]!;
    const value = values[row]!;
    if (value < least[y]!) least[y] = value;
    if (value > most[y]!) most[y] = value;
    if (most[0]! >= least[1]! && most[1]! >= least[0]!) return null;
  }
  return most[0]! < least[1]! ? `>= ${least[1]}` : `< ${least[0]}`;
}
