/** from, from + 1, ... to - 1 */
export function range(from: number, to: number): Int32Array {
  const numbers = new Int32Array(to - from);
  for (let i = 0; i < numbers.length; i++) numbers[i] = from + i;
  return numbers;
}
