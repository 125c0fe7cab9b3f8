import { UserError } from '../../base/index.js';

/** Runs a query that reads `path`; what DuckDB says about the file's contents becomes a UserError with its line. */
export async function explained<T>(path: string, query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw error instanceof Error ? explain(error, path) : error;
  }
}

type Explanation = readonly [pattern: RegExp, tell: (match: RegExpExecArray) => readonly [string, string]];

/** What DuckDB says, by its words, and what we say. The first that fits counts. */
const explanations: readonly Explanation[] = [
  [
    /converting column "(.*)"\. Could not convert string "([\s\S]*?)" to '(DOUBLE|BIGINT)'/,
    ([, column, value, type]) => [
      `column ${column} must be ${type === 'BIGINT' ? 'a whole number' : 'a number'}, found ${JSON.stringify(value)}`,
      'Correct the file, or leave the column out.',
    ],
  ],
  [
    /Expected Number of Columns: (\d+) Found: (\d+)/,
    ([, wanted, found]) => [
      `found ${found} columns, the first line has ${wanted}`,
      'Correct the line; check the delimiter.',
    ],
  ],
  [/unterminated quote/, () => ['a quote (") is opened and never closed', 'Correct the line.']],
  [/utf-8|unicode/, () => ['not UTF-8 text', 'Convert the file, for example with iconv -t UTF-8.']],
  [
    /Maximum line size of (\d+) bytes exceeded/i,
    ([, bytes]) => [
      `a line is longer than ${bytes} bytes`,
      'Is a quote (") never closed, or is it no table?',
    ],
  ],
  [/CSV Error on Line: .*\n(?:.*\n)?(.*)/, ([, words]) => [`cannot be read: ${words}`, 'Correct the line.']],
  [
    /Unimplemented type for cast \((.*?) -> (?:DOUBLE|BIGINT)\)/,
    ([, type]) => [
      `a column of ${type} cannot be read as numbers`,
      'Leave it out; of times say timeFormat: date.',
    ],
  ],
  [
    /state machine reached an invalid state/,
    () => ['not all lines end alike (LF, CRLF or CR)', 'Convert it, for example with dos2unix.'],
  ],
  [
    /Conversion Error: .*?Could not convert .*? to (?:DOUBLE|BIGINT|INT64)/,
    ([words]) => [`a numeric column holds text: ${words}`, 'Leave the column out.'],
  ],
  [
    /value \d+ can't be cast .* INT32/,
    () => ['the log goes beyond 2,147,483,647 rows', 'Import a part of it.'],
  ],
];

/** The beginnings of what DuckDB says when a file is not what it should be. */
const unreadable =
  /^(Invalid Input|IO|Serialization|Conversion|Out of Range|Not implemented|Parser|INTERNAL|TProtocol\w*|Invalid) (Error|Exception)|^don't know what type|Parquet/;

function explain(error: Error, file: string): Error {
  const { message } = error;
  if (message.includes('INTERRUPT')) return error;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  const place = { file, ...(line === undefined ? {} : { line: Number(line) }) };
  for (const [pattern, tell] of explanations) {
    const match = pattern.exec(message);
    if (match) return new UserError(...tell(match), place);
  }
  if (!unreadable.test(message)) return error;
  if (file.toLowerCase().endsWith('.parquet')) {
    return new UserError('not a Parquet file, or a damaged one', 'Copy or download it again.', place);
  }
  const words = message.split('\n')[0];
  return new UserError(
    `cannot be read: ${words}`,
    'Check that it is a text file with one row a line.',
    place,
  );
}
