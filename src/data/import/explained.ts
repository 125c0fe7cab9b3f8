import { UserError } from '../../base/index.js';

/** Runs a query that reads `path`; what DuckDB says about the file's contents becomes a UserError with its line. */
export async function explained<T>(path: string, query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw error instanceof Error ? explain(error, path) : error;
  }
}

function explain(error: Error, file: string): Error {
  const { message } = error;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  const place = { file, ...(line === undefined ? {} : { line: Number(line) }) };
  const notNumber =
    /converting column "(.*)"\. Could not convert string "([\s\S]*?)" to '(DOUBLE|BIGINT)'/.exec(message);
  if (notNumber) {
    const wanted = notNumber[3] === 'BIGINT' ? 'a whole number' : 'a number';
    return new UserError(
      `column ${notNumber[1]} must be ${wanted}, found ${JSON.stringify(notNumber[2])}`,
      'Correct the file, or leave the column out.',
      place,
    );
  }
  const width = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (width) {
    return new UserError(
      `found ${width[2]} columns, the first line has ${width[1]}`,
      'Correct the line; check the delimiter.',
      place,
    );
  }
  if (message.includes('unterminated quote')) {
    return new UserError('a quote (") is opened and never closed', 'Correct the line.', place);
  }
  if (message.includes('utf-8') || message.includes('unicode')) {
    return new UserError('not UTF-8 text', 'Convert the file, for example with iconv -t UTF-8.', place);
  }
  if (line !== undefined)
    return new UserError(`cannot be read: ${message.split('\n')[2] ?? message}`, undefined, place);
  const parquet = file.toLowerCase().endsWith('.parquet');
  const noNumber = /Unimplemented type for cast \((.*?) -> (DOUBLE|BIGINT)\)/.exec(message);
  if (noNumber) {
    return new UserError(
      `a column of ${noNumber[1]} cannot be read as numbers`,
      'Leave it out; of times say timeFormat: date.',
      place,
    );
  }
  if (message.includes('state machine reached an invalid state')) {
    return new UserError(
      'not all lines end alike (LF, CRLF or CR)',
      'Convert it, for example with dos2unix.',
      place,
    );
  }
  const notCast = /Conversion Error: .*?Could not convert (.*?) to (DOUBLE|BIGINT|INT64)/.exec(message);
  if (notCast) {
    return new UserError(
      `a numeric column holds text: ${message.split('\n')[0]}`,
      'Leave the column out.',
      place,
    );
  }
  if (/value \d+ can't be cast .* INT32/.test(message)) {
    return new UserError('the log goes beyond 2,147,483,647 rows', 'Import a part of it.', { file });
  }
  if (/INTERRUPT/.test(message)) return error;
  const kind =
    /^(Invalid Input|IO|Serialization|Conversion|Out of Range|Not implemented|Parser|INTERNAL|TProtocol\w*|Invalid) (Error|Exception)|^don't know what type|Parquet/;
  if (!kind.test(message)) return error;
  return parquet
    ? new UserError('not a Parquet file, or a damaged one', 'Copy or download it again.', place)
    : new UserError(
        `cannot be read: ${message.split('\n')[0]}`,
        'Check that it is a text file with one row a line.',
        place,
      );
}
