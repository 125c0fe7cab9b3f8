import { readFile } from 'node:fs/promises';
import { isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { didYouMean, type Place, UserError, UserErrors } from '../base/index.js';
import { type Card, cardSchema } from './cardSchema.js';

export * from './cardSchema.js';

/** Reads a card file. Throws a UserError (all mistakes at once, with lines) when it is not one. */
export async function readCard(path: string): Promise<{ card: Card; text: string }> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const problem =
      error.code === 'EISDIR' ? `${path} is a folder, not a card` : `cannot read the card ${path}`;
    throw new UserError(problem, 'Name a YAML file as in docs/data.md.');
  });
  return { card: parseCard(text, path), text };
}

/** @param path names the card in messages */
export function parseCard(text: string, path: string): Card {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number | undefined): Place => {
    if (offset === undefined) return { file: path };
    const { line, col } = lines.linePos(offset);
    return { file: path, line, column: col };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new UserErrors(
      faults.map(({ message, pos }) => new UserError(`not valid YAML: ${message}`, undefined, place(pos[0]))),
    );
  }
  const parsed = cardSchema.safeParse(plainValue(document, path));
  if (!parsed.success) {
    const errors = parsed.error.issues.flatMap((issue) =>
      explain(issue, (at) => place(offsetAt(document, at))),
    );
    throw new UserErrors(errors);
  }
  checkReferences(parsed.data, (at) => place(offsetAt(document, at)));
  return parsed.data;
}

function plainValue(document: { toJS(): unknown }, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias that refers to nothing, or aliases that expand to very much.
    throw new UserError(`not valid YAML: ${(error as Error).message}`, undefined, { file });
  }
}

type PlaceAt = (at: readonly PropertyKey[]) => Place;

function explain(issue: z.core.$ZodIssue, placeAt: PlaceAt): UserError[] {
  const where = issue.path.join('.') || 'the card';
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        new UserError(
          `unknown key ${[...issue.path, key].join('.')}`,
          didYouMean(key, keysAt(cardSchema, issue.path)),
          placeAt([...issue.path, key]),
        ),
    );
  }
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined')) {
    return [
      new UserError(`${where} is missing`, 'See docs/data.md for what a card holds.', placeAt(issue.path)),
    ];
  }
  return [
    new UserError(
      `${where}: ${issue.message}`,
      'See docs/data.md for what a card holds.',
      placeAt(issue.path),
    ),
  ];
}

/** Keys that the schema knows at a path, for suggestions. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  const bare = (value: unknown): unknown => {
    const inner = (value as { def?: { innerType?: unknown } }).def?.innerType;
    return inner ? bare(inner) : value;
  };
  for (const key of path) {
    const at = bare(current);
    if (at instanceof z.ZodObject) current = at.shape[String(key)];
    else if (at instanceof z.ZodRecord) current = at.valueType;
  }
  const at = bare(current);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** Offset of the value at a path, or of the nearest thing above it; of the key where the last step names one. */
function offsetAt(document: { contents: unknown }, path: readonly PropertyKey[]): number | undefined {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0];
  for (const key of path) {
    if (!isMap(node)) break;
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (!pair) break;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value as Node | null;
  }
  return offset;
}

function checkReferences(card: Card, placeAt: PlaceAt): void {
  const files = Object.keys(card.files);
  const refer = (file: string, at: readonly string[]): void => {
    if (Object.hasOwn(card.files, file)) return;
    throw new UserError(
      `${at.join('.')}: there is no file ${file} in files`,
      didYouMean(file, files),
      placeAt(at),
    );
  };
  const refuse = (problem: string, hint: string, at: readonly string[]): never => {
    throw new UserError(problem, hint, placeAt(at));
  };
  const { positives, columns, part, histories } = card.interactions;
  const log = logFiles(card);
  for (const file of log) refer(file, ['interactions', 'file']);
  for (const [name, { file, length }] of Object.entries(histories)) {
    if (file !== undefined) refer(file, ['interactions', 'histories', name, 'file']);
    else if (length !== undefined) {
      refuse(`histories.${name}: length goes with a file of whole lists`, 'Leave it out, or name the file.', [
        'interactions',
        'histories',
        name,
        'length',
      ]);
    }
  }
  const kept = Array.isArray(columns) ? columns : Object.keys(columns);
  if (positives !== undefined && kept.includes(positives)) {
    refuse(
      `interactions: ${positives} is both a kept column and the one of positives`,
      'Give them different names.',
      ['interactions', 'positives'],
    );
  }
  const parted = log.filter((name) => card.files[name]!.part !== undefined);
  if (part ? parted.length > 0 : parted.length > 0 && parted.length < log.length) {
    refuse(
      part
        ? 'interactions.part and the part of a file both say where rows belong'
        : 'not all files of the log have a part',
      'Give every file of the log a part, or name a column.',
      ['files', parted[0]!, 'part'],
    );
  }
  for (const room of ['items', 'users'] as const) checkFeatures(card[room], room, refer, refuse);
}

function checkFeatures(
  { categories, tags, vectors }: Card['items'],
  room: 'items' | 'users',
  refer: (file: string, at: readonly string[]) => void,
  refuse: (problem: string, hint: string, at: readonly string[]) => never,
): void {
  const kinds = { categories, tags, vectors };
  const seen = new Map<string, string>();
  for (const [kind, specs] of Object.entries(kinds)) {
    for (const [name, spec] of Object.entries(specs)) {
      const before = seen.get(name);
      if (before !== undefined) {
        refuse(`${room}: ${name} is in both ${before} and ${kind}`, 'Give them different names.', [
          room,
          kind,
          name,
        ]);
      }
      seen.set(name, kind);
      if ('file' in spec && spec.file !== undefined) refer(spec.file, [room, kind, name, 'file']);
      if ('file' in spec && kind === 'vectors' && 'columns' in spec === 'column' in spec) {
        refuse(`${room}.vectors.${name} needs columns, or one column of lists`, 'Name one of the two.', [
          room,
          kind,
          name,
        ]);
      }
    }
  }
}

/** Names of the files of the log, in order. */
export function logFiles({ interactions: { file } }: Card): readonly string[] {
  return Array.isArray(file) ? file : [file];
}
