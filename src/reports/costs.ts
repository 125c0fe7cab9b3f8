import { type Cell, left, plain, right, type Section } from './document.js';
import type { Material } from './material.js';
import { counted, roughly } from './numbers.js';

/** What each row took. */
export function costSection({ labels, entries }: Material): Section | null {
  const begun = entries.filter(({ run }) => run !== null);
  if (begun.length === 0) return null;
  const rows = labels.flatMap((label): Cell[][] => {
    const own = begun.filter((entry) => entry.label === label);
    if (own.length === 0) return [];
    const mean = (values: readonly (number | null | undefined)[]): string => {
      const known = values.filter((value) => value !== null && value !== undefined);
      return known.length === 0 ? '-' : roughly(known.reduce((sum, value) => sum + value, 0) / known.length);
    };
    const engines = own.flatMap(({ provenance }) => (provenance ? [engineText(provenance.engine)] : []));
    return [
      [
        plain(label),
        plain(mean(own.map(({ seconds }) => seconds))),
        plain(mean(own.map(({ epochs }) => epochs.length))),
        plain(mean(own.map(({ cost }) => cost?.examplesPerSecond))),
        plain(own.flatMap(({ cost }) => cost?.parameters ?? [])[0]?.toLocaleString('en') ?? '-'),
        plain(mean(own.map(({ cost }) => cost && cost.peakMemoryBytes / 2 ** 20))),
        plain([...new Set(engines)].join('; ') || '-'),
      ],
    ];
  });
  const columns = [
    left('row'),
    ...['seconds', 'epochs', 'pairs a second', 'parameters', 'peak memory, MiB'].map(right),
    left('engine and device'),
  ];
  const isKnown = (column: number): boolean => rows.some((row) => row[column]!.text !== '-');
  const all = begun.reduce((sum, { seconds }) => sum + seconds, 0);
  return {
    id: 'cost',
    title: 'Runtime and cost',
    text: [`${roughly(all)} seconds of work in all, in ${counted(begun.length, 'run')}.`],
    tables: [
      {
        caption: 'What a run took: mean over seeds, evaluations and data included',
        columns: columns.filter((_, i) => isKnown(i)),
        rows: rows.map((row) => row.filter((_, i) => isKnown(i))),
        legend: begun.some(({ cost }) => cost !== null)
          ? [
              'Pairs a second and peak memory are those of the process that ended the run; of one that did several short cells, with what it kept of them.',
            ]
          : [],
      },
    ],
    charts: [],
  };
}

function engineText({ name, device, threads }: { name: string; device: string; threads: number }): string {
  return `${name} on ${device}, ${counted(threads, 'thread')}`;
}
