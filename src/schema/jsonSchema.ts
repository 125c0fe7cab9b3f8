import { z } from 'zod';

/**
 * JSON Schema (draft 2020-12) of a file that a zod schema describes, for editors. A section whose kind has a default may
 * leave the kind out, as the checks allow, so its variants are alternatives and not exclusive.
 */
export function jsonSchemaOf(schema: z.ZodType, title: string): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
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
  return { $schema, title, ...rest };
}
