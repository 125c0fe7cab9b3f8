import type { MetricValues } from '../../metrics/index.js';
import { withChanges } from '../../sweeps/index.js';
import type { Material } from '../material.js';
import { floorRows } from '../resultTable.js';
import { csvField } from './escape.js';

const columns = [
  'report',
  'source',
  'row',
  'seed',
  'state',
  'part',
  'metric',
  'group',
  'epoch',
  'value',
  'run',
  'changes',
] as const;
type Line = Readonly<Partial<Record<(typeof columns)[number], string | number | null>>>;

/**
 * Tidy: a line a value. `source` says whose it is: `run` (the final evaluation; `group`: of the breakdown), `curve` (with its
 * epoch), `floor`, `paper`, or `cost`. A run without a result has one line without a value.
 */
export function csvOf(materials: readonly Material[]): string {
  const lines = materials.flatMap((material) =>
    [...runLines(material), ...floorLines(material), ...paperLines(material)].map((line) => ({
      report: material.id,
      changes: withChanges(material.changes),
      ...line,
    })),
  );
  const text = (line: Line): string => columns.map((column) => csvField(line[column] ?? null)).join(',');
  return `${[columns.join(','), ...lines.map(text)].join('\r\n')}\r\n`;
}

function runLines({ entries, part }: Material): Line[] {
  return entries.flatMap(({ label, seed, state, run, metrics, breakdown, epochs, seconds, cost }): Line[] => {
    const shared = { row: label, seed, state, run };
    if (metrics === null && epochs.length === 0) return [{ ...shared, source: 'run' }];
    const groups = Object.entries(breakdown ?? {}).flatMap(([kind, own]) =>
      own.flatMap(({ group, metrics }) =>
        valuesOf(metrics).map((line) => ({
          ...shared,
          source: 'run',
          part,
          group: `${kind} ${group}`,
          ...line,
        })),
      ),
    );
    const curve = epochs.flatMap(({ epoch, metrics }) =>
      Object.entries(metrics).flatMap(([part, values]) =>
        valuesOf(values).map((line) => ({ ...shared, source: 'curve', part, epoch, ...line })),
      ),
    );
    const costs = valuesOf({ seconds, ...cost }).map((line) => ({ ...shared, source: 'cost', ...line }));
    const own = valuesOf(metrics ?? {}).map((line) => ({ ...shared, source: 'run', part, ...line }));
    return [...(own.length > 0 ? own : [{ ...shared, source: 'run' }]), ...groups, ...curve, ...costs];
  });
}

function floorLines(material: Material): Line[] {
  return floorRows(material).flatMap(({ name, values }) =>
    valuesOf(values).map((line) => ({ source: 'floor', row: name, part: material.part, ...line })),
  );
}

function paperLines({ published, part }: Material): Line[] {
  return Object.entries(published ?? {}).flatMap(([row, values]) =>
    valuesOf(values).map((line) => ({ source: 'paper', row, part, ...line })),
  );
}

const valuesOf = (values: MetricValues): { metric: string; value: number | null }[] =>
  Object.entries(values).map(([metric, value]) => ({ metric, value }));
