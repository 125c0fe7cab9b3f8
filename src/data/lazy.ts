/** A record whose values are made when they are first asked for, and stay. */
export function lazyRecord<K extends string, T>(
  names: readonly K[],
  make: (name: K) => T,
): Readonly<Record<K, T>> {
  const record = {};
  for (const name of names) {
    Object.defineProperty(record, name, {
      enumerable: true,
      configurable: true,
      get: () => {
        const value = make(name);
        Object.defineProperty(record, name, { enumerable: true, value });
        return value;
      },
    });
  }
  return record as Readonly<Record<K, T>>;
}
