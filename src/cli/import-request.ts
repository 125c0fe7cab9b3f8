import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { stringify } from 'yaml';
import { didYouMean, shellWord, UserError, unfinishedPath, writeFileAtomically } from '../base/index.js';
import {
  bundledCards,
  type Card,
  cardOfFile,
  type Guess,
  guessCard,
  nameFrom,
  nameOfFile,
  type OpenOptions,
  parseCard,
  readCard,
} from '../data/index.js';
import { type ColumnArguments, columnArguments } from './import-options.js';

export interface ImportRequest {
  readonly card: Card;
  readonly from: string;
  /** The card as it is to be kept beside the store. */
  readonly text: string;
  /** What was guessed. */
  readonly guess?: Guess;
  /** File that the card was written to just now. */
  readonly written?: string;
  /** File of an earlier guess that is followed. */
  readonly followed?: string;
}

/** The word that asks for a guess, as the name of a data set. */
export const GENERIC = 'generic';

/**
 * The card that `data import` is to follow: a YAML file, one of those that mvrec brings, one made of the options, or one
 * that is guessed from the file of a log and written down.
 *
 * @throws UserError when there is no such file or card, options do not go together, or the guess fails
 */
export async function importRequest(
  input: string,
  args: Readonly<Record<string, unknown>>,
  options: OpenOptions,
): Promise<ImportRequest> {
  const from = args.from as string | undefined;
  if (/\.ya?ml$/i.test(input)) return requestOfCard(input, from ?? dirname(input), args, input);
  if (input === GENERIC) {
    if (from !== undefined) return requestOfFile(from, args, options);
    throw new UserError(`${GENERIC} needs --from`, `For example: mvrec data import ${GENERIC} --from my.csv`);
  }
  const bundled = (await bundledCards()).find(({ name }) => name === input);
  if (bundled) return requestOfBundled(bundled.name, bundled.path, from, args);
  if (!existsSync(input) && /^[\w-]+$/.test(input)) {
    const known = [...(await bundledCards()).map(({ name }) => name), GENERIC];
    throw new UserError(
      `there is no data set ${input} that mvrec knows how to read`,
      didYouMean(input, known),
    );
  }
  if (from !== undefined) {
    throw new UserError('--from goes with a card', 'Give the path of the file itself.');
  }
  return requestOfFile(input, args, options);
}

async function requestOfCard(
  path: string,
  from: string,
  args: Readonly<Record<string, unknown>>,
  called: string,
): Promise<ImportRequest> {
  const { first } = columnArguments(args);
  if (first) {
    throw new UserError(`--${first} does not go with a card`, `Write it into ${called}.`);
  }
  for (const option of ['card', 'dry-run']) {
    if (!args[option]) continue;
    throw new UserError(`--${option} goes with a file whose card is to be guessed`, 'Leave it out.');
  }
  const { card, text } = await readCard(path);
  const name = args.name as string | undefined;
  return { card: name === undefined ? card : { ...card, name }, from, text };
}

async function requestOfBundled(
  name: string,
  path: string,
  from: string | undefined,
  args: Readonly<Record<string, unknown>>,
): Promise<ImportRequest> {
  const request = await requestOfCard(path, from ?? dirname(path), args, 'a card of your own');
  if (from === undefined) requireOwnFiles(name, path, request.card);
  return request;
}

/** @throws UserError for a card that mvrec brings without its files */
export function requireOwnFiles(name: string, path: string, { source }: Card): void {
  if (basename(dirname(path)) === name) return; // with the data beside it
  throw new UserError(
    `${name} needs --from, the folder of the downloaded files`,
    source === undefined
      ? 'It is a card that mvrec brings: mvrec data cards.'
      : `They can be had at ${source}`,
  );
}

async function requestOfFile(
  path: string,
  args: Readonly<Record<string, unknown>>,
  options: OpenOptions,
): Promise<ImportRequest> {
  refuseFolder(path);
  const given = columnArguments(args);
  const name = (args.name as string | undefined) ?? nameFrom(nameOfFile(path));
  if (nameFrom(name) !== name) {
    throw new UserError(`${name} cannot be the name of a data set`, 'Use letters, digits and _ . -');
  }
  const said = requestOfColumns(path, name, given);
  if (said && !args.card && !args['dry-run']) return said;
  const file = (args.card as string | undefined) ?? `${name}.card.yaml`;
  if (existsSync(file) && !args.force) return requestOfOwnCard(file, path, args, given);
  if (said) {
    await writeFileAtomically(file, said.text);
    return { ...said, written: file };
  }
  const guess = await guessAndWrite(path, file, name, given, options);
  return { card: guess.card, from: dirname(path), text: guess.text, guess, written: file };
}

/** Guesses the card of a file and writes it down, so that it can be edited also when the import fails. */
export async function guessAndWrite(
  path: string,
  file: string,
  name: string,
  given: ColumnArguments,
  { dataDir, signal, onProgress }: OpenOptions,
): Promise<Guess> {
  const { delimiter, dropDuplicates } = given;
  const spill = unfinishedPath(join(dataDir, 'spill'));
  const guess = await guessCard(path, { given, name, delimiter, dropDuplicates, spill, signal, onProgress });
  await writeFileAtomically(file, guess.text);
  onProgress?.(`wrote ${file}`);
  return guess;
}

/** The card that an earlier guess left, and that may have been edited since. */
async function requestOfOwnCard(
  file: string,
  path: string,
  args: Readonly<Record<string, unknown>>,
  { first }: ColumnArguments,
): Promise<ImportRequest> {
  const hint = '--force writes it anew, --card names another file.';
  if (first || args['dry-run']) throw new UserError(`${file} is there already`, hint);
  const { card, text } = await readCard(file);
  const from = dirname(path);
  const paths = Object.values(card.files).flatMap((one) => one.path);
  if (!paths.some((one) => resolve(from, one) === resolve(path))) {
    throw new UserError(`${file} is there already, and does not speak of ${path}`, hint);
  }
  const name = (args.name as string | undefined) ?? card.name;
  return { card: { ...card, name }, from, text, followed: file };
}

/** The card that user, item and labels amount to when all are said; nothing is guessed then. */
function requestOfColumns(path: string, name: string, given: ColumnArguments): ImportRequest | null {
  const { user, item, time, labels, categories, delimiter, dropDuplicates } = given;
  if (user === undefined || item === undefined || labels.length === 0) return null;
  const mapping = { user, item, time, labels, categories, delimiter, dropDuplicates };
  const made = cardOfFile(path, name, mapping);
  const text = `# Made by mvrec data import. Import again with:\n#   mvrec data import card.yaml --from ${resolve(dirname(path))}\n${stringify(made)}`;
  return { card: parseCard(text, 'the card made of the options'), from: dirname(path), text };
}

function refuseFolder(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new UserError(
    `${path} is a folder`,
    'Name the file of the log, or a card with the folder as --from. Cards that mvrec brings: mvrec data cards',
  );
}

/** The command that imports a card, from the working folder. */
export function importCommand(file: string, from: string): string {
  const folder = relative(resolve(dirname(file)), resolve(from)) === '' ? '' : ` --from ${shellWord(from)}`;
  return `mvrec data import ${shellWord(file)}${folder}`;
}
