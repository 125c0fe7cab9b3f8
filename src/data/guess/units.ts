import type { Column } from './profile.js';

/** Units of times since 1970, with the milliseconds that one is. */
const units = { seconds: 1000, milliseconds: 1, microseconds: 1e-3, nanoseconds: 1e-6 } as const;
export type TimeUnit = keyof typeof units;

/** The unit in which all numbers of a column are times between 1990 and 2040, or null. */
export function timeUnit({ numeric, min, max }: Column): TimeUnit | null {
  if (!numeric) return null;
  const [from, to] = [Date.UTC(1990), Date.UTC(2040)];
  const fits = (unit: TimeUnit): boolean => min * units[unit] >= from && max * units[unit] < to;
  return (Object.keys(units) as TimeUnit[]).find(fits) ?? null;
}

/** First and last day of a column of times. */
export function timeSpanText({ min, max }: Column, unit: TimeUnit): string {
  const day = (time: number): string => new Date(time * units[unit]).toISOString().slice(0, 10);
  return day(min) === day(max) ? day(min) : `${day(min)} to ${day(max)}`;
}
