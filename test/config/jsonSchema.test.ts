import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeIf, projectRoot, python } from '../support/index.js';

const schema = JSON.parse(readFileSync(join(projectRoot, 'schema/experiment.json'), 'utf8'));
const validator = python('jsonschema');

/** What Python's jsonschema, an implementation of its own, says of each document: the number of errors. */
function errorsOf(documents: readonly unknown[]): number[] {
  const program = `
import json, sys
from jsonschema import Draft202012Validator
schema, documents = json.loads(sys.argv[1])
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
print(json.dumps([len(list(validator.iter_errors(d))) for d in documents]))`;
  return JSON.parse(validator.run(program, JSON.stringify([schema, documents])));
}

describeIf(validator.exists, validator.reason)("the editors' schema", () => {
  it('accepts every experiment of the project', () => {
    const names = readdirSync(join(projectRoot, 'experiments'), { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => name.endsWith('.yaml'));
    const documents = files.map((name) =>
      parse(readFileSync(join(projectRoot, 'experiments', name), 'utf8')),
    );
    expect(documents.length).toBeGreaterThan(0);
    expect(errorsOf(documents)).toEqual(documents.map(() => 0));
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
    const silent: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (node === null || typeof node !== 'object') return;
      const { properties } = node as {
        properties?: Record<string, { description?: string; const?: string }>;
      };
      for (const [key, value] of Object.entries(properties ?? {})) {
        if (!value.description && value.const === undefined) silent.push(`${path}.${key}`);
      }
      for (const [key, value] of Object.entries(node)) visit(value, `${path}.${key}`);
    };
    visit(schema, '');
    expect(silent).toEqual([]);
  });
});
