import { basename, dirname, extname, join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { didYouMean, UserError } from '../base/index.js';
import {
  type Card,
  cardOfFile,
  type Distribution,
  type Inspection,
  inspect,
  type KnobSettings,
  nameFrom,
  type PrepareSpec,
  parseCard,
  readCard,
  type Source,
  type Store,
} from '../data/index.js';
import { evaluateMetrics } from '../metrics/index.js';
import { formatTable } from './output.js';

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
  const isBinary = (name: string): boolean => columns[name]!.every((value) => value === 0 || value === 1);
  const names = Object.hasOwn(columns, 'is_click') ? ['is_click'] : Object.keys(columns).filter(isBinary);
  const spec: PrepareSpec = { label: label ?? names[0] ?? '', split: defaultSplit };
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

/** What the command line may say of a world; `set` are its knobs. */
interface WorldOptions {
  readonly scale?: number | undefined;
  readonly seed?: number | undefined;
  readonly set?: KnobSettings | undefined;
}

/**
 * A world at the scale, seed and knobs that were asked for; other sources as they are.
 *
 * @throws UserError when one is given for a source that has none, or the seed is not a whole number from 0
 */
export function worldAs(source: Source, given: WorldOptions): Source {
  const options = Object.entries(given).filter(([, value]) => value !== undefined);
  if ('world' in source) {
    requireSeed(given.seed ?? 0);
    const { scale = source.scale, seed = source.seed, set: knobs } = given;
    return { ...source, scale, seed, ...(knobs && { knobs }) };
  }
  if (options.length === 0) return source;
  throw new UserError(
    `--${options[0]![0]} cannot change data that were imported or kept under a name`,
    'Leave it out.',
  );
}

/** @throws UserError unless the seed is one that an experiment may have */
export function requireSeed(seed: number): void {
  if (Number.isSafeInteger(seed) && seed >= 0) return;
  throw new UserError(`the seed is ${seed}`, 'Expected a whole number of at least 0.');
}

export interface ImportRequest {
  readonly card: Card;
  readonly from: string;
  /** The card as it is to be kept beside the store. */
  readonly text: string;
}

/**
 * The card that `data import` is to follow: a YAML file, or one made of the options for a single file.
 *
 * @throws UserError when options are missing or do not go together
 */
export async function importRequest(
  input: string,
  args: Readonly<Record<string, unknown>>,
): Promise<ImportRequest> {
  const { user, item, time, delimiter, name, from } = args as Record<string, string | undefined>;
  const list = (key: string): readonly string[] => (args[key] as string[] | undefined) ?? [];
  const mapping = ['user', 'item', 'time', 'label', 'category', 'delimiter', 'drop-duplicates'];
  if (/\.ya?ml$/i.test(input)) {
    const given = mapping.find(
      (key) => args[key] !== undefined && args[key] !== false && `${args[key]}` !== '',
    );
    if (given) {
      throw new UserError(`--${given} does not go with a card`, `Write it into ${input}.`);
    }
    const { card, text } = await readCard(input);
    return {
      card: name === undefined ? card : { ...card, name },
      from: from ?? dirname(input),
      text,
    };
  }
  if (from !== undefined) throw new UserError('--from goes with a card', 'Give the path of the file itself.');
  if (user === undefined || item === undefined || list('label').length === 0) {
    throw new UserError(
      'a file needs --user, --item and --label to be imported',
      `For example: mvrec data import ${input} --user user_id --item video_id --time time_ms --label is_click`,
    );
  }
  const made = cardOfFile(input, name ?? nameFrom(basename(input, extname(input))), {
    user,
    item,
    time,
    labels: list('label'),
    categories: list('category'),
    delimiter: delimiter as 'comma' | undefined,
    dropDuplicates: args['drop-duplicates'] === true,
  });
  const text = `# Made by mvrec data import. Import again with:\n#   mvrec data import card.yaml --from ${resolve(dirname(input))}\n${stringify(made)}`;
  return { card: parseCard(text, 'the card made of the options'), from: dirname(input), text };
}

/** Folder of a named store. Throws a UserError for a name that is not one. */
export function storeFolder(dataDir: string, name: string): string {
  if (/^[\w][\w.-]*$/.test(name)) return join(dataDir, name);
  throw new UserError(`${name} cannot be the name of a data set`, 'Use letters, digits and _ . -');
}

/** What `data inspect` says. */
export function inspectionText(inspection: ReturnType<typeof describeStore>): string {
  const { users, items, rows, sparsity, repeatedPairs, time, label, columns, features, oracle } = inspection;
  const facts = [
    ['data set', `${inspection.name} ${inspection.fingerprint.slice(0, 12)}`],
    ['caveat', inspection.caveat],
    ['users', count(users)],
    ['items', count(items)],
    [
      'rows',
      `${count(rows)}${repeatedPairs > 0 ? `, ${count(repeatedPairs)} repeat a (user, item) pair` : ''}`,
    ],
    ['sparsity', percent(sparsity, 3)],
    ['time', timeSpan(time)],
    ...featureFacts(features),
    ...(label ? labelFacts(label) : []),
    ...Object.entries(oracle).map(([name, values]) => [
      `oracle of ${name}`,
      Object.entries(values as Record<string, number>)
        .map(([metric, value]) => `${metric} ${value.toFixed(4)}`)
        .join('  '),
    ]),
  ].filter((fact): fact is [string, string] => Boolean(fact[1]));
  const width = Math.max(...facts.map(([name]) => name.length));
  const right = (title: string) => ({ title, align: 'right' as const });
  return [
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
    formatTable(
      [{ title: 'column' }, right('mean'), right('min'), right('max')],
      Object.entries(columns).map(([name, { mean, min, max }]) => [
        name,
        short(mean),
        short(min),
        short(max),
      ]),
    ),
    '',
    ...histogram('rows a user', inspection.rowsPerUser),
    ...histogram('rows an item', inspection.rowsPerItem),
    ...(label ? histogram(`history length (${label.name})`, label.historyLength) : []),
  ].join('\n');
}

function featureFacts({ users, items }: Inspection['features']): [string, string][] {
  return [
    ...Object.entries(items).map(([name, what]): [string, string] => [`item ${name}`, what]),
    ...Object.entries(users).map(([name, what]): [string, string] => [`user ${name}`, what]),
  ];
}

function labelFacts({
  name,
  rate,
  oneClassUsers,
  split,
}: NonNullable<Inspection['label']>): [string, string][] {
  const facts: [string, string][] = [
    [`${name} rate`, percent(rate, 1)],
    ['one-class users', `${count(oneClassUsers)} (no per-user AUC)`],
  ];
  for (const [part, { rows, coldRows }] of Object.entries(split ?? {})) {
    const cold = part === 'train' ? '' : `, ${percent(coldRows, 1)} with an item unseen in train`;
    facts.push([part, `${count(rows)} rows${cold}`]);
  }
  if (!split) facts.push(['split', 'the default split leaves a part empty']);
  return facts;
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

/** Large numbers are milliseconds, or seconds, since 1970; others are shown as they are. */
function timeSpan({ first, last }: Inspection['time']): string {
  const unit = first >= 1e11 ? 1 : first >= 5e8 ? 1000 : null;
  if (unit === null) return `${first} to ${last}, in the unit of the source`;
  const date = (time: number): string => new Date(time * unit).toISOString().slice(0, 16).replace('T', ' ');
  return `${date(first)} to ${date(last)} UTC, ${(((last - first) * unit) / 86_400_000).toFixed(1)} days`;
}

const count = (n: number): string => n.toLocaleString('en');
const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
const short = (x: number): string => (Number.isInteger(x) ? String(x) : x.toPrecision(4));
