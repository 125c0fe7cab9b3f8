import { z } from 'zod';
import { UserError } from '../base/index.js';

/** Changes when the layout of a store folder does; stores of another version are made again from their sources. */
export const STORE_VERSION = 3;

/** The file in a store folder that says what the others are. */
export const MANIFEST = 'manifest.json';

/** Path of a vector feature inside a store folder. */
export function vectorsPath(room: 'users' | 'items', name: string): string {
  return `${room}/vectors/${name}.npy`;
}

/** Path of a text feature inside a store folder: a text a line, as JSON. */
export function textsPath(room: 'users' | 'items', name: string): string {
  return `${room}/texts/${name}.jsonl`;
}

/** True for the path of a vector feature. */
export function isVectors(path: string): boolean {
  return /^(users|items)\/vectors\//.test(path);
}

const sourceFile = z.object({
  path: z.string(),
  bytes: z.number(),
  modifiedMs: z.number(),
  sha256: z.string(),
});
const features = z.object({
  categories: z.record(z.string(), z.int()).describe('Cardinality by name.'),
  varying: z
    .record(z.string(), z.int())
    .optional()
    .describe('Of categories: how many have several values in the source, by name, where any has.'),
  tags: z.record(z.string(), z.int()).describe('Cardinality by name.'),
  texts: z.array(z.string()),
  vectors: z.record(
    z.string(),
    z.object({
      width: z.int(),
      clips: z.int().optional(),
      fittedOn: z.enum(['train', 'all']).optional(),
    }),
  ),
});

const manifestSchema = z.object({
  format: z.literal('mvrec-store'),
  version: z.literal(STORE_VERSION),
  name: z.string(),
  fingerprint: z.string(),
  caveat: z.string().nullable(),
  title: z.string(),
  licence: z.string().nullable(),
  citation: z.string().nullable(),
  sources: z.array(sourceFile).describe('Files that the store was read from; none for a simulation.'),
  report: z.array(z.string()).describe('What the import found, dropped and why.'),
  counts: z.object({ users: z.int(), items: z.int(), rows: z.int() }),
  columns: z.array(z.string()),
  part: z.boolean().describe('Whether the source says which part of a split a row lies in.'),
  histories: z.array(z.string()).describe('Histories that came with the log.'),
  users: features,
  items: features,
  truth: z.array(z.string()),
  files: z.record(z.string(), z.string()).describe('SHA-256 by path.'),
});

/** What a store folder says about itself. */
export type Manifest = z.output<typeof manifestSchema>;
export type SourceFile = z.output<typeof sourceFile>;

/** The part of a manifest that the store itself does not know. */
export type StoreOrigin = Pick<Manifest, 'title' | 'licence' | 'citation' | 'sources' | 'report'>;

/** @throws UserError when the text is not the manifest of a store of this version */
export function parseManifest(text: string, file: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError('the manifest is damaged: not JSON', 'Delete the folder and import again.', { file });
  }
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format === 'mvrec-store' && version !== STORE_VERSION) {
    throw new UserError(
      `the data set was written as version ${version} of the store, this mvrec reads version ${STORE_VERSION}`,
      'Delete the folder and import the data again.',
      { file },
    );
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new UserError(
    `the manifest is damaged: ${issue.path.join('.') || 'it'}: ${issue.message}`,
    'Delete the folder and import the data again.',
    { file },
  );
}
