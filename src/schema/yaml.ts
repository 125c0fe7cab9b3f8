import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from 'yaml';
import { type Place, UserError, UserErrors } from '../base/index.js';
import type { Entry, Origin, Tree } from './tree.js';

const mostValues = 10_000;
const mostDepth = 50;

/** Where a text comes from. */
export interface Source {
  /** As the user names it; stands in messages. */
  readonly file: string;
  /** Relative paths in the text start here. */
  readonly folder: string;
}

/**
 * Reads YAML 1.2 (JSON included) into a tree with line and column of every value.
 *
 * @returns null when the text holds nothing
 * @throws UserErrors for broken YAML, duplicate keys, keys that are not text, unknown tags, several documents, and
 *   aliases that expand to very much
 */
export function parseYaml(text: string, source: Source): Tree | null {
  const lines = new LineCounter();
  const document = compose(text, lines, source);
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file: source.file, line, column: col };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) throw new UserErrors(faults.map((fault) => explain(fault, place)));
  if (document.contents === null) return null;

  let values = 0;
  const convert = (node: unknown, depth: number, fallback: Place): Tree => {
    const where = placeOf(node) ?? fallback;
    if (++values > mostValues || depth > mostDepth) {
      throw new UserError(
        depth > mostDepth
          ? `nested more than ${mostDepth} deep`
          : `expands to more than ${mostValues} values`,
        'Files of options are small; check its aliases (*name).',
        where,
      );
    }
    const origin = originOf(where, source.folder);
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target) return convert(target, depth + 1, where);
      throw new UserError(
        `*${node.source} refers to nothing`,
        `Define it before with &${node.source}.`,
        where,
      );
    }
    if (isMap(node)) {
      const entries = new Map<string, Entry>();
      for (const pair of node.items) {
        const keyPlace = placeOf(pair.key) ?? where;
        const key = keyText(pair.key, keyPlace);
        entries.set(key, {
          key: originOf(keyPlace, source.folder),
          tree: convert(pair.value, depth + 1, keyPlace),
        });
      }
      return { kind: 'map', entries, origin };
    }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => convert(item, depth + 1, where)), origin };
    }
    if (isNothing(node)) return { kind: 'value', value: null, empty: true, origin };
    return { kind: 'value', value: isScalar(node) ? node.value : null, origin };
  };
  const placeOf = (node: unknown): Place | undefined => {
    const range = (node as { range?: readonly number[] | null } | null)?.range;
    const [start, end] = range ?? [];
    return start === undefined || start === end ? undefined : place(start); // nothing has no place of its own
  };
  return convert(document.contents, 0, place(0));
}

/** A key without a value, which YAML reads as null. */
const isNothing = (node: unknown): boolean =>
  node === null || (isScalar(node) && node.value === null && node.source === '');

function compose(text: string, lines: LineCounter, { file }: Source) {
  try {
    return parseDocument(text, { lineCounter: lines, prettyErrors: false });
  } catch (error) {
    if (error instanceof RangeError) throw new UserError('nested too deeply to read', undefined, { file });
    throw error;
  }
}

function originOf(place: Place, folder: string): Origin {
  return { words: [place.file, place.line, place.column].filter((part) => part).join(':'), place, folder };
}

function keyText(key: unknown, place: Place): string {
  if (!isScalar(key) || key.value === null || typeof key.value === 'object') {
    throw new UserError('a key must be text', 'Write it as a plain word before a colon.', place);
  }
  if (key.value === '<<') {
    throw new UserError(
      'merge keys (<<) are not read',
      'Write the keys out; several experiment files are merged left to right.',
      place,
    );
  }
  return String(key.value);
}

function explain(fault: YAMLError, place: (offset: number) => Place): UserError {
  const where = place(fault.pos[0]);
  switch (fault.code) {
    case 'DUPLICATE_KEY':
      return new UserError('this key is given twice in the same map', 'Keep one of the two.', where);
    case 'TAB_AS_INDENT':
      return new UserError('a tab indents this line', 'YAML is indented with spaces.', where);
    case 'MULTIPLE_DOCS':
      return new UserError(
        'a second document begins here',
        'Keep one document a file: remove the line `---`.',
        where,
      );
    default: {
      const what = `${fault.message.charAt(0).toLowerCase()}${fault.message.slice(1)}`;
      return new UserError(
        `not valid YAML: ${what}`,
        'Check indentation, quotes and brackets around here.',
        where,
      );
    }
  }
}
