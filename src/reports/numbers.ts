import { summarize } from '../statistics/index.js';

/** Four decimals, with a true minus. */
export const numberText = (value: number): string => value.toFixed(4).replace('-', '\u2212');

/** `0.7123 ± 0.0045`; a dash for nothing. */
export function spreadText(values: readonly number[]): string {
  if (values.length === 0) return '-';
  const { mean, sd } = summarize(values);
  return sd === null ? numberText(mean) : `${numberText(mean)} ± ${numberText(sd)}`;
}

/** Always with its sign. */
export const signed = (value: number): string => (value < 0 ? numberText(value) : `+${numberText(value)}`);

/** Three significant digits, thousands apart. */
export const roughly = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en');

export const counted = (n: number, thing: string): string =>
  `${n.toLocaleString('en')} ${thing}${n === 1 ? '' : 's'}`;
