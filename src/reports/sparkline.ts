const blocks = '▁▂▃▄▅▆▇█';

/**
 * Values as a line of blocks, the lowest as the lowest block.
 *
 * @param most characters; of more values, as many at equal distances are taken, the first and the last among them
 */
export function sparkline(values: readonly number[], most = 40): string {
  const shown =
    values.length <= most
      ? values
      : Array.from({ length: most }, (_, i) => values[Math.round((i * (values.length - 1)) / (most - 1))]!);
  const low = Math.min(...shown);
  const range = Math.max(...shown) - low;
  return shown
    .map((value) => blocks[range > 0 ? Math.round(((value - low) / range) * (blocks.length - 1)) : 3]!)
    .join('');
}
