import { Document, isMap, isScalar, Pair, Scalar, type YAMLMap } from 'yaml';

/** A line of a YAML file with the reason for it. */
export interface Entry {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly why?: string;
}

const WIDTH = 110;

/**
 * YAML for people to go on with: a heading, then every line with its reason beside it, or above it where it is long.
 *
 * @param entries in order; those that share the beginning of a path stand together
 * @param closing paragraphs of comments
 */
export function writeEntries(
  heading: readonly string[],
  entries: readonly Entry[],
  closing: readonly (readonly string[])[],
): string {
  const document = new Document({});
  for (const entry of entries) add(document.contents as unknown as YAMLMap, entry.path, entry, document);
  const body = document.toString({ lineWidth: 0 }).trimEnd();
  const comment = (lines: readonly string[]): string =>
    lines.map((line) => `# ${printable(line)}`.trimEnd()).join('\n');
  return `${[comment(heading), body, ...closing.filter((lines) => lines.length > 0).map(comment)].join('\n\n')}\n`;
}

function add(map: YAMLMap, [key, ...rest]: readonly string[], entry: Entry, document: Document): void {
  if (rest.length > 0) {
    const known = map.items.find((pair) => isScalar(pair.key) && pair.key.value === key)?.value;
    const inner = isMap(known) ? known : (document.createNode({}) as YAMLMap);
    if (inner !== known) map.items.push(new Pair(new Scalar(key), inner));
    add(inner, rest, entry, document);
    return;
  }
  const pair = new Pair(new Scalar(key), document.createNode(entry.value, { flow: true }) as Scalar);
  if (entry.why !== undefined) explain(pair, printable(entry.why), entry.path.length - 1);
  map.items.push(pair);
}

/** @param depth of the line, two spaces each */
function explain(pair: Pair<Scalar, Scalar>, why: string, depth: number): void {
  const alone = new Document({});
  (alone.contents as unknown as YAMLMap).items.push(pair as Pair);
  const width = 2 * depth + alone.toString({ lineWidth: 0 }).trimEnd().length;
  if (width + why.length + 3 <= WIDTH) (pair.value as Scalar).comment = ` ${why}`;
  else pair.key.commentBefore = wrap(why, WIDTH - 2 * depth - 2);
}

/** Lines of a comment, each with the space behind its #. */
function wrap(text: string, width: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length + 1 > width) lines.push('');
    lines[lines.length - 1] += ` ${word}`;
  }
  return lines.join('\n');
}

/** Words of the user's file may stand in a comment, which must stay one line. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
