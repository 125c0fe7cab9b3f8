import { metricDirection } from '../metrics/index.js';
import { summarize } from '../statistics/index.js';
import { publishedNoteText } from '../sweeps/index.js';
import { type Cell, left, plain, right, type Section, type Table } from './document.js';
import { hasOneDataSet, type Material, metricValue, seedValues } from './material.js';
import { numberText, signed, spreadText } from './numbers.js';
import { significanceOf } from './significance.js';

/** The table as papers have it: best in bold, second underlined, significance marked, the paper's own numbers beside. */
export function resultSection(material: Material): Section | null {
  const { entries, part } = material;
  if (!entries.some(({ metrics }) => metrics !== null)) return null;
  const table = resultTable(material);
  return { id: 'results', title: `Results on ${part}`, text: [], tables: [table], charts: [] };
}

/** Where rows are of different data none is better than another. */
const otherData: ReturnType<typeof significanceOf> = {
  marks: new Map(),
  legend: 'The rows are of different data: their numbers cannot be compared, and none is marked.',
};

function resultTable(material: Material): Table {
  const { labels, metrics, published, publishedNotes, entries, part, title, subtitle } = material;
  const isOne = hasOneDataSet(material);
  const { marks, legend } = isOne ? significanceOf(material) : otherData;
  const ranks = new Map(metrics.map((metric) => [metric, isOne ? ranksOf(material, metric) : new Map()]));
  const inPaper = new Set(
    metrics.filter((metric) => labels.some((label) => published?.[label]?.[metric] !== undefined)),
  );
  const columns = [
    left('row'),
    ...metrics.flatMap((metric) => [
      right(`${metric} ${metricDirection(metric) === 'lower' ? '↓' : '↑'}`),
      ...(inPaper.has(metric) ? [right(`${metric}, paper`), right('difference')] : []),
    ]),
    right('seeds'),
  ];
  const rows = labels.map((label): Cell[] => {
    const own = entries.filter((entry) => entry.label === label);
    const done = own.filter(({ metrics }) => metrics !== null).length;
    return [
      plain(label),
      ...metrics.flatMap((metric): Cell[] => {
        const values = [...seedValues(material, label, metric).values()];
        const rank = ranks.get(metric)!.get(label);
        const ours = { text: spreadText(values), rank, mark: marks.get(label)?.get(metric) };
        if (!inPaper.has(metric)) return [ours];
        return [ours, ...besidePaper(values, published?.[label]?.[metric])];
      }),
      plain(done < own.length ? `${done} of ${own.length}` : `${done}`),
    ];
  });
  const floors = floorRows(material).map(({ name, values }): Cell[] => [
    plain(name),
    ...metrics.flatMap((metric) => {
      const value = metricValue(values, metric);
      return [
        plain(value === null ? '-' : numberText(value)),
        ...(inPaper.has(metric) ? [plain(''), plain('')] : []),
      ];
    }),
    plain(''),
  ]);
  const several = labels.some((label) =>
    metrics.some((metric) => seedValues(material, label, metric).size > 1),
  );
  return {
    caption: `${[title, subtitle].filter(Boolean).join('; ')}: ${part}`,
    columns,
    rows: [...rows, ...floors],
    legend: [
      `${several ? 'Mean ± standard deviation over seeds' : 'One seed a row, so there is no telling how much is chance'}; ↑ more is better, ↓ less is better.`,
      ...(legend ? [legend] : []),
      ...(inPaper.size > 0
        ? [
            'Paper: as published; difference: ours less the paper’s.',
            ...publishedNotes.map(publishedNoteText),
          ]
        : []),
    ],
  };
}

function besidePaper(ours: readonly number[], paper: number | undefined): Cell[] {
  if (paper === undefined) return [plain(''), plain('')];
  return [plain(String(paper)), plain(ours.length > 0 ? signed(summarize(ours).mean - paper) : '-')];
}

/** Rows of equal means share a rank. */
function ranksOf(material: Material, metric: string): ReadonlyMap<string, 'best' | 'second'> {
  const sign = metricDirection(metric) === 'lower' ? -1 : 1;
  const means = material.labels.flatMap((label) => {
    const values = [...seedValues(material, label, metric).values()];
    return values.length > 0 ? [[label, sign * summarize(values).mean] as const] : [];
  });
  if (means.length < 2) return new Map();
  const [best, second] = [...new Set(means.map(([, mean]) => mean))].sort((a, b) => b - a);
  return new Map(
    means.flatMap(([label, mean]): [string, 'best' | 'second'][] =>
      mean === best ? [[label, 'best']] : mean === second ? [[label, 'second']] : [],
    ),
  );
}

/** Floors of each data set once, from the first run that measured them. */
export function floorRows({ entries }: Pick<Material, 'entries'>) {
  const rows = new Map<string, FloorRow>();
  for (const { floors, provenance } of entries) {
    if (!floors || !provenance) continue;
    const { name: data, fingerprint } = provenance.data;
    for (const [floor, values] of Object.entries(floors)) {
      const key = JSON.stringify([floor, fingerprint, Object.keys(values)[0]?.split('/').slice(0, -1)]);
      if (!rows.has(key)) rows.set(key, { name: floor, data, fingerprint, values });
    }
  }
  const all = [...rows.values()];
  const distinct = (key: 'data' | 'fingerprint'): number => new Set(all.map((row) => row[key])).size;
  const isOne = distinct('fingerprint') === 1;
  const namesTell = distinct('data') === distinct('fingerprint');
  return all.map(({ name, data, fingerprint, values }) => {
    const title = name === 'oracle' ? "simulator's oracle" : name;
    const of = namesTell ? data : `${data} ${fingerprint.slice(0, 8)}`;
    return { name: isOne ? title : `${title} (${of})`, values };
  });
}

interface FloorRow {
  readonly name: string;
  readonly data: string;
  readonly fingerprint: string;
  readonly values: Readonly<Record<string, number | null>>;
}
