/** The same keys with what `f` makes of the values. */
export function mapValues<K extends string, A, B>(
  record: Readonly<Record<K, A>>,
  f: (value: A, key: K) => B,
): Record<K, B> {
  const entries = (Object.entries(record) as [K, A][]).map(([key, value]) => [key, f(value, key)]);
  return Object.fromEntries(entries) as Record<K, B>;
}
