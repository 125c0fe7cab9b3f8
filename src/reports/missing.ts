import { left, plain, type Section } from './document.js';
import type { Entry, Material } from './material.js';

const isDone = ({ state, metrics }: Entry): boolean => state === 'finished' && metrics !== null;

/** What has no result, and why. */
export function missingSection({ entries }: Material): Section | null {
  const open = entries.filter((entry) => !isDone(entry));
  if (open.length === 0) return null;
  return {
    id: 'missing',
    title: 'Missing',
    text: [missingText(entries)!],
    tables: [
      {
        caption: 'Cells without a result',
        columns: [left('row'), left('seed'), left('state'), left('epochs'), left('why')],
        rows: open.map(({ label, seed, state, epochs, reason }) =>
          [label, String(seed), state, String(epochs.length), reason ?? ''].map(plain),
        ),
        legend: [],
      },
    ],
    charts: [],
  };
}

/** `4 of 12 runs have no result: 1 diverged, 3 waiting.`; null where all have one. */
export function missingText(entries: readonly Entry[]): string | null {
  const states = new Map<string, number>();
  for (const entry of entries) {
    if (isDone(entry)) continue;
    const state = entry.state === 'finished' ? 'without an evaluation' : entry.state;
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  if (states.size === 0) return null;
  const count = [...states.values()].reduce((sum, n) => sum + n, 0);
  const listed = [...states].map(([state, n]) => `${n} ${state}`).join(', ');
  return `${count} of ${entries.length} runs have no result: ${listed}.`;
}
