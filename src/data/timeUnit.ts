/** Units of times since 1970, with the milliseconds that one is. */
const units = { seconds: 1000, milliseconds: 1, microseconds: 1e-3, nanoseconds: 1e-6 } as const;
export type TimeUnit = keyof typeof units;

/** The unit in which numbers from `first` to `last` are times between 1990 and 2040, or null. */
export function timeUnit(first: number, last: number): TimeUnit | null {
  const [from, to] = [Date.UTC(1990), Date.UTC(2040)];
  const fits = (unit: TimeUnit): boolean => first * units[unit] >= from && last * units[unit] < to;
  return (Object.keys(units) as TimeUnit[]).find(fits) ?? null;
}

/** Milliseconds since 1970. */
export function milliseconds(time: number, unit: TimeUnit): number {
  return time * units[unit];
}
