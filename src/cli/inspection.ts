import { didYouMean, UserError } from '../base/index.js';
import {
  type Distribution,
  type Inspection,
  inspect,
  type LabelInspection,
  milliseconds,
  type NumberSummary,
  type PartInspection,
  type Parts,
  type PrepareSpec,
  type Store,
  timeUnit,
} from '../data/index.js';
import { evaluateMetrics } from '../metrics/index.js';
import { counted, formatTable } from './output.js';

/** The split that experiments have when they name none. */
const defaultSplit = { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 } as const;

/**
 * Statistics of a store, and what a model that knew the simulator's probabilities would reach.
 *
 * @param label default: is_click, or else the first column that holds only 0 and 1
 */
export function describeStore(store: Store, label?: string) {
  const { columns, user } = store.interactions;
  if (label !== undefined && !Object.hasOwn(columns, label)) {
    throw new UserError(`the data set has no column ${label}`, didYouMean(label, Object.keys(columns)));
  }
  const spec: PrepareSpec = { label: label ?? binaryColumns(store)[0] ?? '', split: defaultSplit };
  // Where all rows have the same label there is nothing to tell apart.
  const judged = Object.entries(store.truth).filter(([name]) =>
    columns[name]!.includes(1 - columns[name]![0]!),
  );
  const truth = judged.map(([name, score]) => [
    name,
    evaluateMetrics(['auc', 'gauc', 'logloss', 'ndcg@10'], { label: columns[name]!, score, user }),
  ]);
  return { ...inspect(store, spec), oracle: Object.fromEntries(truth) };
}

/** Columns that hold only 0 and 1, in the order of the store, but is_click first. */
export function binaryColumns({ interactions: { columns } }: Store): string[] {
  const names = Object.keys(columns).filter((name) => isBinary(columns[name]!));
  return names.includes('is_click') ? ['is_click', ...names.filter((name) => name !== 'is_click')] : names;
}

function isBinary(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== 0 && values[i] !== 1) return false;
  return true;
}

/** What `data inspect` says. */
export function inspectionText(inspection: ReturnType<typeof describeStore>): string {
  const { users, items, rows, sparsity, repeatedPairs, time, label, published, histories } = inspection;
  const repeated = repeatedPairs > 0 ? `, ${count(repeatedPairs)} repeat a (user, item) pair` : '';
  const facts: readonly (readonly [string, string | null])[] = [
    ['data set', `${inspection.name} ${inspection.fingerprint.slice(0, 12)}`],
    ['caveat', inspection.caveat],
    ['users', count(users)],
    ['items', count(items)],
    ['rows', `${count(rows)}${repeated}`],
    ['sparsity', percent(sparsity, 3)],
    ['time', timeSpan(time)],
    ...featureFacts(inspection.features),
    ...(label ? labelFacts(label) : []),
    ...(published ? partFacts(published, label, 'published ') : label ? splitFacts(label) : []),
    ...Object.entries(histories).map(([name, { length, empty }]): [string, string] => [
      `history ${name}`,
      `mean ${length.mean.toFixed(1)}, max ${count(length.max)}; empty in ${percent(empty, 1)} of the rows`,
    ]),
    ...oracleFacts(inspection.oracle),
  ];
  const shown = facts.filter(([, value]) => value);
  const width = Math.max(...shown.map(([name]) => name.length));
  return [
    ...shown.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
    columnTable(inspection.columns),
    '',
    ...histogram('rows a user', inspection.rowsPerUser),
    ...histogram('rows an item', inspection.rowsPerItem),
    ...(label ? histogram(`history length (${label.name})`, label.historyLength) : []),
    ...Object.entries(histories).flatMap(([name, { length }]) => histogram(`history ${name}`, length)),
  ].join('\n');
}

type Fact = readonly [string, string];

function featureFacts({ users, items }: Inspection['features']): Fact[] {
  return [
    ...Object.entries(items).map(([name, what]): Fact => [`item ${name}`, what]),
    ...Object.entries(users).map(([name, what]): Fact => [`user ${name}`, what]),
  ];
}

function labelFacts({ name, rate, oneClassUsers, neverPositiveUsers }: LabelInspection): Fact[] {
  const never = `${count(neverPositiveUsers)} never positive, ${count(oneClassUsers - neverPositiveUsers)} always`;
  return [
    [`${name} rate`, percent(rate, 1)],
    ['one-class users', oneClassUsers === 0 ? '0' : `${count(oneClassUsers)} (no per-user AUC): ${never}`],
  ];
}

function splitFacts(label: LabelInspection): Fact[] {
  if (label.split) return partFacts(label.split, label, '');
  return [['split', 'the default split leaves a part empty']];
}

function partFacts(parts: Parts, label: LabelInspection | null, prefix: string): Fact[] {
  return Object.entries(parts).map(([part, found]): Fact => {
    const { rows, users, items, rate }: PartInspection = found;
    const rates = label && rate !== null ? `, ${label.name} ${percent(rate, 1)}` : '';
    const sizes = [counted(rows, 'row'), counted(users, 'user'), counted(items, 'item') + rates].join(', ');
    return [`${prefix}${part}`, part === 'train' ? sizes : `${sizes}; ${coldText(found)}`];
  });
}

function coldText({ coldRows, coldItems, items }: PartInspection): string {
  if (coldItems === 0) return 'no item unseen in train';
  return `${counted(coldItems, 'item')} (${percent(coldItems / items, 1)}) unseen in train, in ${percent(coldRows, 1)} of the rows`;
}

function oracleFacts(oracle: Readonly<Record<string, unknown>>): Fact[] {
  return Object.entries(oracle).map(([name, values]) => [
    `oracle of ${name}`,
    Object.entries(values as Record<string, number>)
      .map(([metric, value]) => `${metric} ${value.toFixed(4)}`)
      .join('  '),
  ]);
}

/** Rates of columns of 0 and 1; of others their range, and how often they are 0, as durations of advertisements are. */
function columnTable(columns: Readonly<Record<string, NumberSummary>>): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const numbers = Object.values(columns).some(({ binary }) => !binary);
  const titles = numbers ? ['rate', 'mean', 'min', 'max', 'zeros'] : ['rate'];
  return formatTable(
    [{ title: 'column' }, ...titles.map(right)],
    Object.entries(columns).map(([name, { mean, min, max, zeros, binary }]) => {
      const cells = binary
        ? [percent(mean, 1), '', '', '', '']
        : ['', short(mean), short(min), short(max), count(zeros)];
      return [name, ...cells.slice(0, titles.length)];
    }),
  );
}

function histogram(title: string, { mean, median, max, histogram: buckets }: Distribution): string[] {
  const most = Math.max(...buckets);
  const lines = buckets.map((n, b) => {
    const [low, high] = [b === 0 ? 0 : 2 ** (b - 1), b === 0 ? 0 : 2 ** b - 1];
    const range = low === high ? `${low}` : `${low}-${high}`;
    const bar = '█'.repeat(Math.round((30 * n) / most)) || (n > 0 ? '▏' : '');
    return `  ${range.padStart(15)} ${bar.padEnd(30)} ${n > 0 ? count(n) : ''}`.trimEnd();
  });
  const first = buckets.findIndex((n) => n > 0);
  return [
    `${title}: mean ${mean.toFixed(1)}, median ${median}, max ${count(max)}`,
    ...lines.slice(first),
    '',
  ];
}

/** Times since 1970 as dates; others as they are. */
function timeSpan({ first, last }: Inspection['time']): string {
  const unit = timeUnit(first, last);
  if (unit === null) return `${first} to ${last}, in the unit of the source`;
  const [start, end] = [milliseconds(first, unit), milliseconds(last, unit)];
  const date = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  return `${date(start)} to ${date(end)} UTC, ${spanText(end - start)}`;
}

/** Days, or of less than two hours, or minutes. */
function spanText(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes >= 48 * 60) return `${(minutes / (24 * 60)).toFixed(1)} days`;
  return minutes >= 120 ? `${(minutes / 60).toFixed(1)} hours` : `${minutes.toFixed(1)} minutes`;
}

const count = (n: number): string => n.toLocaleString('en');
const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
const short = (x: number): string =>
  Number.isInteger(x) ? count(x) : x.toLocaleString('en', { maximumSignificantDigits: 4 });
