/**
 * p values of a family of tests, adjusted by Holm's step-down procedure (1979): those at or below alpha may all be rejected,
 * and the chance of even one false rejection among them is at most alpha, however the tests depend on one another.
 *
 * @param values null for a test that could not be made; it counts as one of the family, with p = 1, and stays null
 */
export function holm(values: readonly (number | null)[]): (number | null)[] {
  const p = values.map((value) => value ?? 1);
  const order = [...p.keys()].sort((a, b) => p[a]! - p[b]!);
  const adjusted = new Array<number | null>(values.length).fill(null);
  let highest = 0;
  order.forEach((test, rank) => {
    highest = Math.min(1, Math.max(highest, (values.length - rank) * p[test]!));
    if (values[test] !== null) adjusted[test] = highest;
  });
  return adjusted;
}
