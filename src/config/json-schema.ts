import { z } from 'zod';
import { experimentSchema } from './schema.js';

/**
 * JSON Schema (draft 2020-12) of an experiment file, for editors. A section whose kind has a default may leave the
 * kind out, as the loader allows, so its variants are alternatives and not exclusive.
 */
export function experimentJsonSchema(): object {
  const schema = z.toJSONSchema(experimentSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      const kinds = jsonSchema.default as { kind?: string } | undefined;
      if (!jsonSchema.oneOf || kinds?.kind === undefined) return;
      jsonSchema.anyOf = jsonSchema.oneOf.map((variant) => {
        const required = variant.required?.filter((key) => key !== 'kind') ?? [];
        const { required: _, ...rest } = variant;
        return required.length > 0 ? { ...rest, required } : rest;
      });
      delete jsonSchema.oneOf;
    },
  });
  const { $schema, ...rest } = schema;
  return { $schema, title: 'mvrec experiment', ...rest };
}
