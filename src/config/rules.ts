import type { Finding } from './load.js';
import type { Experiment } from './schema.js';

/** What the options say together, where each of them alone is fine. */
export function rules({ model }: Experiment): Finding[] {
  const findings: Finding[] = [];
  const require = (holds: boolean, path: string, problem: string, fix: string) => {
    if (!holds) findings.push({ path, problem: `${path} ${problem}`, fix });
  };
  if (model.name === 'thacil') {
    const { historyLength, blockSize, heads, visualSize, categorySize } = model;
    const width = visualSize + categorySize;
    require(historyLength % blockSize ===
      0, 'model.blockSize', `is ${blockSize}, which does not divide model.historyLength (${historyLength})`, `Choose one of ${divisors(historyLength)}, or another historyLength.`);
    require(width % heads ===
      0, 'model.heads', `is ${heads}, which does not divide model.visualSize + model.categorySize (${width})`, `Choose one of ${divisors(width)}, or other sizes.`);
  }
  return findings;
}

function divisors(n: number): string {
  const all = Array.from({ length: Math.min(n, 1000) }, (_, i) => i + 1).filter((k) => n % k === 0);
  return all.length > 12 ? `${all.slice(0, 12).join(', ')}, ...` : all.join(', ');
}
