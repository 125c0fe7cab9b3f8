import { UserError } from '../../base/index.js';

export type JsonScalar = number | string | boolean | null;

export interface JsonRecord {
  readonly key: string;
  /** Where the key stands in the text. */
  readonly offset: number;
  readonly fields: ReadonlyMap<string, JsonScalar>;
}

const tokens = {
  space: /[ \t\r\n]*/y,
  number: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y,
  word: /true|false|null/y,
  anything: /[^\s,:[\]{}"]+|.|$/sy,
} as const;

/**
 * Reads JSON of the shape `{"key": {"field": number, text, true, false or null, ...}, ...}` and keeps the order in which
 * the keys stand, which `JSON.parse` does not for keys that are numbers.
 *
 * @param file names it in messages
 * @throws UserError with line and column for other JSON, what is no JSON, and a key or field that is there twice
 */
export function parseJsonRecords(text: string, file: string): JsonRecord[] {
  const scanner = new Scanner(text, file);
  const records: JsonRecord[] = [];
  const seen = new Set<string>();
  scanner.object((key, offset) => {
    if (seen.has(key)) scanner.fail(offset, `the key ${JSON.stringify(key)} is there twice`);
    seen.add(key);
    const fields = new Map<string, JsonScalar>();
    scanner.object((field, at) => {
      if (fields.has(field)) scanner.fail(at, `the field ${JSON.stringify(field)} is there twice`);
      fields.set(field, scanner.scalar());
    });
    records.push({ key, offset, fields });
  });
  scanner.end();
  return records;
}

/** Line and column, from 1, of a place in a text. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

class Scanner {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly file: string,
  ) {}

  /** An object; `member` is called behind each key, to read its value. */
  object(member: (key: string, offset: number) => void): void {
    this.expect('{');
    if (this.accept('}')) return;
    do {
      const offset = this.here();
      const key = this.quoted() ?? this.failHere('a key in quotes (")');
      this.expect(':');
      member(key, offset);
    } while (this.accept(','));
    this.expect('}');
  }

  scalar(): JsonScalar {
    const offset = this.here();
    const text = this.quoted();
    if (text !== undefined) return text;
    const value = this.match('number') ?? this.match('word');
    if (value === undefined) this.failHere('a number, a text, true, false or null');
    const scalar = JSON.parse(value) as number | boolean | null;
    if (typeof scalar === 'number' && !Number.isFinite(scalar)) {
      this.fail(offset, `the number ${value} is too large`);
    }
    return scalar;
  }

  private quoted(): string | undefined {
    const from = this.here();
    if (this.text[from] !== '"') return undefined;
    let end = from + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1;
    if (end >= this.text.length) this.fail(from, 'a quote (") is opened and never closed');
    this.at = end + 1;
    try {
      return JSON.parse(this.text.slice(from, this.at)) as string;
    } catch {
      this.fail(from, 'a text in quotes holds a line break, a control character or an unknown escape');
    }
  }

  end(): void {
    if (this.here() < this.text.length) this.failHere('the end of the file');
  }

  fail(offset: number, problem: string): never {
    const place = { file: this.file, ...lineAndColumn(this.text, offset) };
    throw new UserError(problem, 'Correct the file, or copy or download it again.', place);
  }

  /** Place of the next token. */
  private here(): number {
    this.at += this.matchAt('space')!.length;
    return this.at;
  }

  private accept(sign: string): boolean {
    if (this.text[this.here()] !== sign) return false;
    this.at++;
    return true;
  }

  private expect(sign: string): void {
    if (!this.accept(sign)) this.failHere(sign);
  }

  private match(token: 'number' | 'word'): string | undefined {
    this.here();
    const found = this.matchAt(token);
    this.at += found?.length ?? 0;
    return found;
  }

  private matchAt(token: keyof typeof tokens): string | undefined {
    const pattern = tokens[token];
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0];
  }

  private failHere(expected: string): never {
    const offset = this.here();
    const found = this.matchAt('anything');
    this.fail(
      offset,
      `not the JSON expected: expected ${expected}, found ${found ? JSON.stringify(found.slice(0, 40)) : 'the end of the file'}`,
    );
  }
}
