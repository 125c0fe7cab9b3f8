import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { auditLine, findingCodes, HeldVectors } from '../../../src/data/index.js';
import { projectRoot } from '../../support/index.js';
import { audit, cleanRows, ITEMS, preparedOf } from './clean.js';

it('finds nothing in a clean log, with all that can be looked at', () => {
  const category = { values: Int32Array.from({ length: ITEMS }, (_, i) => i % 5), cardinality: 5 };
  const cover = new HeldVectors(
    Float32Array.from({ length: 4 * ITEMS }, (_, i) => Math.sin(i)),
    4,
    { fittedOn: 'train' },
  );
  const data = preparedOf(cleanRows(), {
    items: { categories: { category }, vectors: { cover } },
    columns: { position: new Float32Array(400).map((_, row) => row % 8) },
  });
  expect(Object.values(data.split).map((rows) => rows.length)).toEqual([280, 40, 80]);
  const model = {
    histories: [{ length: 3, sample: 'recent', target: 'causal', setting: 'model.historyTarget: causal' }],
    items: ['id', 'cover', 'category'],
    users: [],
  } as const;
  const found = audit(data, { model });
  expect(found).toEqual({ leaks: 0, warnings: 0, notes: 0, findings: [] });
  expect(auditLine(found)).toBe('clean');
});

it('says in a line what leaks, how much to be warned of, and that notes are there', () => {
  const leak = { severity: 'leak', code: 'target-in-history' } as const;
  const line = (leaks: number, warnings: number, notes: number, findings: readonly (typeof leak)[] = []) =>
    auditLine({ leaks, warnings, notes, findings });
  expect(line(1, 2, 0, [leak])).toBe('1 leak (target-in-history), 2 warnings');
  expect(line(0, 1, 3)).toBe('1 warning, 3 notes');
  expect(line(0, 0, 1)).toBe('clean, 1 note');
});

it('is documented in full: every finding has a row in docs/audit.md', () => {
  const text = readFileSync(join(projectRoot, 'docs', 'audit.md'), 'utf8');
  const documented = [...text.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, code]) => code);
  expect(documented).toEqual(findingCodes);
});

it('refuses a feature that the data do not have, as training does', () => {
  const model = { histories: [], targetOption: '', items: ['cover'], users: [] };
  expect(() => audit(preparedOf(cleanRows()), { model })).toThrow('no feature cover of items');
});
