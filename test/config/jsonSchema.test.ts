import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeIf, projectRoot } from '../support/index.js';
import { editorsSchema, keysWithoutMeaning, schemaErrors, schemaValidator } from '../support/jsonSchema.js';

const schema = editorsSchema('experiment');
const sweeps = editorsSchema('sweep');
const errorsOf = (documents: readonly unknown[]): number[] => schemaErrors(schema, documents);
const isSweep = (document: object): boolean => 'cells' in document || 'axes' in document;
/** What sweeps put together with others is no experiment alone; test/experiments resolves all of those. */
const isWhole = (document: { data?: { source?: unknown }; model?: unknown }): boolean =>
  document.data?.source !== undefined && document.model !== undefined;

describeIf(schemaValidator.exists, schemaValidator.reason)("the editors' schema", () => {
  it('accepts every experiment of the project', () => {
    const names = readdirSync(join(projectRoot, 'experiments'), { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => name.endsWith('.yaml'));
    const documents = files.map((name) =>
      parse(readFileSync(join(projectRoot, 'experiments', name), 'utf8')),
    );
    const [swept, single] = [documents.filter(isSweep), documents.filter(isWhole)];
    expect(Math.min(swept.length, single.length)).toBeGreaterThan(0);
    expect(errorsOf(single)).toEqual(single.map(() => 0));
    expect(schemaErrors(sweeps, swept)).toEqual(swept.map(() => 0));
  });

  it('of sweeps refuses what the loader refuses', () => {
    const bad = [
      { bas: 'a.yaml' },
      { seeds: 0 },
      { axes: { 'train.epochs': [] } },
      { axes: { 'train.epochs': 3 } },
      { cells: [{ set: {} }] },
      { on: { a: { set: {} } } },
    ];
    expect(schemaErrors(sweeps, bad).map((count) => count > 0)).toEqual(bad.map(() => true));
  });

  it('accepts what the loader accepts and refuses what it refuses', () => {
    const data = { source: { world: 'quickstart' } };
    const model = { name: 'thacil' };
    const good = [
      { data, model },
      { data, model, train: { negatives: { ratio: 3 }, clipNorm: null } },
      { data: { ...data, split: { train: 0.7 } }, model: { name: 'ncf', layers: [4] } },
    ];
    const bad = [
      { data },
      { data, model, sed: 1 },
      { data, model: { name: 'bpr', heads: 2 } },
      { data, model, train: { epochs: 0 } },
      { data: { source: { world: 'quickstart', store: 'x' } }, model },
      { data, model, train: { schedule: { kind: 'constant', factor: 0.5 } } },
    ];
    expect(errorsOf(good)).toEqual(good.map(() => 0));
    expect(errorsOf(bad).map((count) => count > 0)).toEqual(bad.map(() => true));
  });
});

describe("the editors' schema", () => {
  it('says what every key means', () => {
    expect([...keysWithoutMeaning(schema), ...keysWithoutMeaning(sweeps)]).toEqual([]);
  });
});
