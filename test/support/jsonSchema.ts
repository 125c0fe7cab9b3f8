import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './paths.js';
import { python } from './python.js';

/** Python's jsonschema: an implementation of JSON Schema that is not ours. */
export const schemaValidator = python('jsonschema');

/** A schema of the folder `schema`. */
export function editorsSchema(name: 'experiment' | 'sweep' | 'card'): unknown {
  return JSON.parse(readFileSync(join(projectRoot, 'schema', `${name}.json`), 'utf8'));
}

/** What the validator says of each document: the number of errors. */
export function schemaErrors(schema: unknown, documents: readonly unknown[]): number[] {
  const program = `
import json, sys
from jsonschema import Draft202012Validator
schema, documents = json.loads(sys.argv[1])
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
print(json.dumps([len(list(validator.iter_errors(d))) for d in documents]))`;
  return JSON.parse(schemaValidator.run(program, JSON.stringify([schema, documents])));
}

/** Paths of keys that a schema does not describe. */
export function keysWithoutMeaning(schema: unknown): string[] {
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
  return silent;
}
