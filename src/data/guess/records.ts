/**
 * The first records of a CSV text. A quote opens at the beginning of a cell and may hold delimiters, line ends and
 * doubled quotes, as in RFC 4180.
 *
 * @param whole whether the text goes to the end of the file; otherwise its last record may be cut and is left out
 * @returns at most `limit` records that are no blank lines; whether quotes are where they may be: nothing but a delimiter
 * or a line end follows a quoted cell, and none is open at the end; and the line (from 1) of a quote that is still open
 * at the end of the file, or null
 */
export function firstRecords(
  text: string,
  delimiter: string,
  whole: boolean,
  limit: number,
): { readonly records: string[][]; readonly sound: boolean; readonly open: number | null } {
  const records: string[][] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let sound = true;
  let opened = 0;
  const endCell = (): void => {
    cells.push(cell);
    cell = '';
  };
  const endRecord = (): void => {
    endCell();
    if (cells.length > 1 || cells[0] !== '') records.push(cells);
    cells = [];
  };
  for (let i = 0; i < text.length && records.length < limit; i++) {
    const sign = text[i]!;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[i + 1] === '"') cell += text[i++];
      else {
        quoted = false;
        if (i + 1 < text.length && ![delimiter, '\r', '\n'].includes(text[i + 1]!)) sound = false;
      }
    } else if (sign === '"' && cell === '') {
      quoted = true;
      opened = i;
    } else if (sign === delimiter) endCell();
    else if (sign === '\n') endRecord();
    else if (sign !== '\r') cell += sign;
  }
  if (whole && records.length < limit && (cell !== '' || cells.length > 0)) endRecord();
  const open = whole && quoted ? text.slice(0, opened).split('\n').length : null;
  return { records, sound: sound && open === null, open };
}
