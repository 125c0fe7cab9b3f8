import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { UserError } from '../base/index.js';
import { loadExperiment, type Settings } from '../config/index.js';
import {
  type Exported,
  type ExportFormat,
  type ExportSummary,
  exportFormats,
  ofDataSet,
  ofExperiment,
  openSource,
  originOf,
  type Store,
} from '../data/index.js';
import { openData, type Reporter } from '../training/index.js';
import { knownSource, worldAs } from './data.js';
import { binaryColumns } from './inspection.js';

/** What `data export` was asked for. */
export interface ExportRequest {
  readonly sources: readonly string[];
  readonly to: ExportFormat;
  readonly folder: string;
  readonly replace: boolean;
  readonly label: string | null;
  readonly historyLength: number | null;
  readonly positives: boolean;
  readonly set: readonly string[];
  readonly from: string | undefined;
  readonly scale: number | undefined;
  readonly seed: number | undefined;
}

/** @throws UserError for what is missing or out of range */
export function exportRequest(args: Readonly<Record<string, unknown>>): ExportRequest {
  const { to, out, label, from, scale, seed } = args as Record<string, string | undefined>;
  if (to === undefined) throw new UserError('--to is missing', `One of ${exportFormats.join(', ')}.`);
  if (out === undefined) throw new UserError('--out is missing', 'Name the folder to make.');
  const length = (args['history-length'] as number | undefined) ?? null;
  if (length !== null && !(Number.isSafeInteger(length) && length > 0)) {
    throw new UserError(`--history-length is ${length}`, 'Expected a whole number of at least 1.');
  }
  return {
    sources: args.source as string[],
    to: to as ExportFormat,
    folder: resolve(out),
    replace: args.replace === true,
    label: label ?? null,
    historyLength: length,
    positives: args.positives === true,
    set: (args.set as string[] | undefined) ?? [],
    from,
    scale: scale as number | undefined,
    seed: seed as number | undefined,
  };
}

export interface Surroundings {
  readonly settings: Settings;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** The rows that are asked for, and what to keep on record of the choice. */
export interface Selection {
  readonly exported: Exported;
  readonly request: Readonly<Record<string, unknown>>;
}

/**
 * Opens the data of an experiment, as `train` would, or a data set, as `data inspect` would.
 *
 * @throws UserError for options that do not go with what is named, and whatever is wrong with it
 */
export async function selectRows(request: ExportRequest, surroundings: Surroundings): Promise<Selection> {
  const [first, second] = request.sources;
  if (second !== undefined || (await isExperiment(first!))) return selectExperiment(request, surroundings);
  return selectDataSet(first!, request, surroundings);
}

/** Both are YAML files; a card has files and interactions. */
async function isExperiment(word: string): Promise<boolean> {
  if (!/\.ya?ml$/i.test(word)) return false;
  try {
    const top: unknown = parse(await readFile(word, 'utf8'));
    return !(typeof top === 'object' && top !== null && ('files' in top || 'interactions' in top));
  } catch {
    return true; // the loader of experiments says what is wrong, with its place
  }
}

async function selectExperiment(request: ExportRequest, surroundings: Surroundings): Promise<Selection> {
  const { sources, set, label, historyLength, positives } = request;
  refuse(request, ['from', 'scale', 'seed'], 'a data set; write it into data.source, or say --set');
  const { experiment } = await loadExperiment({
    files: sources,
    set: [...set, ...(label === null ? [] : [`data.label=${JSON.stringify(label)}`])],
  });
  const { data } = experiment;
  const origin = await originOf(data.source, surroundings.settings.dataDir);
  const prepared = await openData(experiment, surroundings);
  const options = { label: data.label, historyLength, positives, origin };
  return { exported: ofExperiment(prepared, options), request: { data, historyLength, positives } };
}

async function selectDataSet(
  word: string,
  request: ExportRequest,
  { settings: { dataDir }, reporter, signal }: Surroundings,
): Promise<Selection> {
  const { historyLength, positives, from, scale, seed } = request;
  if (request.set.length > 0) refuse({ set: request.set[0] }, ['set'], 'an experiment (YAML)');
  const source = await worldAs(await knownSource(word, from, dataDir), { scale, seed });
  const store = await openSource(source, {
    dataDir,
    signal,
    onProgress: (stage) => reporter.note(stage),
    onCount: (done, rows) => reporter.counting({ what: 'rows', done, rows }),
  });
  const origin = await originOf(source, dataDir);
  const label = request.label ?? onlyLabel(store, reporter);
  // A copy that mvrec reads again is to be whole; other programs are given what they asked for.
  const lengthOrWhole = historyLength ?? (request.to === 'parquet' ? 'whole' : null);
  const exported = ofDataSet(store, { label, historyLength: lengthOrWhole, positives, origin });
  return { exported, request: { source, historyLength, positives } };
}

/** Null where it cannot be told which column is to be predicted; `is_click` goes without saying. */
function onlyLabel(store: Store, reporter: Reporter): string | null {
  const [first, second] = binaryColumns(store);
  if (first === undefined || first === 'is_click' || second !== undefined) return null;
  reporter.note(`the label is ${first}, the only column of 0 and 1`);
  return first;
}

function refuse<K extends string>(
  given: Readonly<Partial<Record<K, unknown>>>,
  keys: readonly K[],
  goesWith: string,
): void {
  const key = keys.find((name) => given[name] !== undefined);
  if (key !== undefined) throw new UserError(`--${key} goes with ${goesWith}`, 'Leave it out.');
}

const readers: Readonly<Record<ExportFormat, (dataset: string) => string>> = {
  recbole: (dataset) => `How to run RecBole on it stands in ${dataset}.yaml.`,
  fuxictr: () => 'How to run FuxiCTR on it stands in dataset_config.yaml.',
  parquet: () => 'mvrec reads it again by card.yaml.',
};

/** What was written, for people. */
export function exportText({ to, dataset, rows, notes, caveat }: ExportSummary, folder: string): string {
  const width = Math.max(...Object.keys(rows).map((part) => part.length));
  return [
    ...Object.entries(rows).map(
      ([part, count]) => `${part.padEnd(width)}  ${count.toLocaleString('en')} rows`,
    ),
    ...notes.map((note) => `Note: ${note}`),
    ...(caveat === null ? [] : [`Caveat: ${caveat}`]),
    `Written to ${folder}. ${readers[to](dataset)}`,
  ].join('\n');
}
