/** floor(share * n), where a product that is whole up to rounding error counts as whole (0.29 * 100 is 29). */
export function floorOf(share: number, n: number): number {
  return Math.floor(share * n + 1e-9);
}
