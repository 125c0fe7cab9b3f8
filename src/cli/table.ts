import Table from 'cli-table3';

/** A plain table: first column left, numbers right, no colours so that it can be copied. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({
    head: [...head],
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) made.push([...row]);
  return made.toString();
}

/** Four decimals, or a dash for a metric that the data do not define. */
export const metric = (value: number | null | undefined): string =>
  value === null || value === undefined ? '-' : value.toFixed(4);
