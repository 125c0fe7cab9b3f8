import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { shellWord, UserError, writeFileAtomically } from '../base/index.js';
import { loadExperiment } from '../config/index.js';
import {
  type Entry,
  type Guess,
  nameFrom,
  nameOfFile,
  type OpenOptions,
  openSource,
  type Source,
  type Store,
  writeEntries,
} from '../data/index.js';
import type { Output } from './command.js';
import { knownSource } from './data.js';
import { firstExperiment } from './first-experiment.js';
import { guessJson, guessText } from './guess.js';
import { columnArguments } from './import-options.js';
import { guessAndWrite } from './import-request.js';
import { counted } from './output.js';

/** Files that `init` writes. */
const CARD = 'card.yaml';
const EXPERIMENT = 'experiment.yaml';

/**
 * `init`: a card for a file, and an experiment on it that can be trained as it is.
 *
 * @throws UserError when one of the files is there already, or the data cannot be read or predicted
 */
export async function initExperiment(
  args: Readonly<Record<string, unknown>>,
  options: OpenOptions,
): Promise<Output> {
  const out = (args.out as string | undefined) ?? '.';
  const experimentFile = join(out, EXPERIMENT);
  refuseExisting(experimentFile, args, '--out FOLDER writes somewhere else');
  const { source, guess } = await sourceFor(args, out, options);
  const store = await openSource(source, options).catch(async (error: unknown) => {
    // The same command is to start over, once the file is corrected.
    if (guess) await rm(join(out, CARD), { force: true });
    throw error;
  });
  const text = experimentOrCard(() => experimentText(store, source, out, args), guess ? source : null);
  await writeFileAtomically(experimentFile, text);
  const { experiment } = await loadExperiment({ files: [experimentFile] });
  const next = nextCommands(experimentFile, args, source);
  return {
    json: {
      experiment,
      files: { experiment: experimentFile, card: guess ? join(out, CARD) : null },
      ...(guess && { guess: guessJson(guess) }),
      next,
    },
    text: [
      ...(guess ? [guessText(guess), '', `wrote ${join(out, CARD)}: correct there what is wrong`] : []),
      `wrote ${experimentFile}: ${experiment.model.name} on ${experiment.data.label}`,
      '',
      'Next:',
      ...next.map((command) => `  ${command}`),
    ].join('\n'),
  };
}

/** Where no experiment can be made of a card that was guessed, the card is to be edited, and is there for that. */
function experimentOrCard(text: () => string, guessed: Source | null): string {
  try {
    return text();
  } catch (error) {
    if (!(error instanceof UserError) || !guessed || !('card' in guessed)) throw error;
    const { card, from } = guessed;
    const fix = `${error.fix ?? ''} The card is ${card}; once it is edited: ${followCard(card, from)}`;
    throw new UserError(error.problem, fix.trim(), error.place);
  }
}

const followCard = (card: string, from: string): string =>
  `mvrec init --data ${shellWord(card)} --from ${shellWord(from)}`;

function refuseExisting(file: string, { force }: Readonly<Record<string, unknown>>, otherwise: string): void {
  if (force || !existsSync(file)) return;
  throw new UserError(`${file} is there already`, `--force writes it anew, ${otherwise}.`);
}

/** The data of the experiment; a card is guessed and written for the file of a log. */
async function sourceFor(
  args: Readonly<Record<string, unknown>>,
  out: string,
  options: OpenOptions,
): Promise<{ readonly source: Source; readonly guess?: Guess }> {
  const data = args.data as string | undefined;
  const given = columnArguments(args);
  const log = data !== undefined && isLog(data);
  if (!log && given.first) {
    throw new UserError(`--${given.first} goes with the file of a log`, 'Name it with --data.');
  }
  if (data === undefined) return { source: { world: 'quickstart', scale: 1, seed: 1 } };
  if (!log) return { source: await knownSource(data, args.from as string | undefined, options.dataDir) };
  const card = join(out, CARD);
  refuseExisting(card, args, `${followCard(card, dirname(data))} follows it`);
  const guess = await guessAndWrite(data, card, nameFrom(nameOfFile(data)), given, options);
  return { source: { card, from: dirname(data) }, guess };
}

/** A file that is no card, or what is called like one. */
function isLog(word: string): boolean {
  if (/\.ya?ml$/i.test(word)) return false;
  const file = statSync(word, { throwIfNoEntry: false })?.isFile() === true;
  return file || /\.(csv|tsv|tab|txt|dat|data|inter|parquet)$/i.test(word);
}

function experimentText(
  store: Store,
  source: Source,
  out: string,
  { data }: Readonly<Record<string, unknown>>,
): string {
  const name = nameFrom(data === undefined ? 'first' : store.name);
  const entries: Entry[] = [
    { path: ['name'], value: name, why: 'names the runs' },
    { path: ['seed'], value: 1 },
    { path: ['data', 'source'], value: asWritten(source, out, data as string | undefined) },
    ...firstExperiment(store),
  ];
  const { userIds, itemIds, interactions } = store;
  const sizes = `${counted(interactions.rows, 'row')} of ${counted(userIds.length, 'user')} and ${counted(itemIds.length, 'item')}`;
  const heading = [
    `A first experiment on ${store.name}: ${sizes}.`,
    '',
    `  mvrec train ${EXPERIMENT}`,
    '',
    'Every option with its default: mvrec config, docs/configuration.md.',
  ];
  return writeEntries(heading, entries, []);
}

/** Paths start from the experiment's folder; a data set that was imported has a name. */
function asWritten(source: Source, out: string, data: string | undefined): Source {
  const path = (to: string): string => relative(out, to) || '.';
  if ('card' in source) return { card: path(source.card), from: path(source.from) };
  if ('world' in source) return source;
  if (data === basename(source.store)) return { store: data };
  const folder = path(source.store);
  return { store: /[/\\]/.test(folder) ? folder : `./${folder}` };
}

function nextCommands(
  experimentFile: string,
  { data, from }: Readonly<Record<string, unknown>>,
  source: Source,
): string[] {
  const fromGiven = from === undefined ? [] : ['--from', `${from}`];
  const inspected =
    'card' in source
      ? [source.card, '--from', source.from]
      : 'world' in source
        ? [source.world]
        : [`${data}`, ...fromGiven];
  const command = (...words: string[]): string => ['mvrec', ...words].map(shellWord).join(' ');
  return [
    command('data', 'inspect', ...inspected),
    command('train', experimentFile),
    command('train', experimentFile, '--set', 'model.name=popularity'),
  ];
}
