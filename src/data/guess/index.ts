import { basename } from 'node:path';
import { stringify } from 'yaml';
import { type Card, parseCard } from '../card.js';
import { nameFrom, nameOfFile } from '../columns.js';
import { type Entry, printable, writeEntries } from '../commentedYaml.js';
import { Database } from '../database.js';
import type { Delimiter } from '../import/csv.js';
import type { ProgressOptions } from '../import/importCard.js';
import { assemble } from './assemble.js';
import { profileFile } from './profile.js';
import type { GivenColumns } from './roles.js';
import { sniffFile } from './sniff.js';
import { count } from './words.js';

export type { GivenColumns } from './roles.js';

export interface GuessOptions extends Pick<ProgressOptions, 'onProgress'> {
  readonly given: GivenColumns;
  readonly delimiter?: Delimiter | undefined;
  readonly dropDuplicates?: boolean | undefined;
  /** Of the card; default: the file's. */
  readonly name?: string | undefined;
  /** Folder for what does not fit into memory; it is gone afterwards. */
  readonly spill: string;
  /** Ends the work with an InterruptedError. */
  readonly signal?: AbortSignal | undefined;
}

/** A card that was made by looking at a file. */
export interface Guess {
  readonly card: Card;
  /** The card as YAML, with the reason of each line as a comment. */
  readonly text: string;
  /** What was decided: path in the card, value, reason. */
  readonly decisions: readonly Decision[];
  /** Why there is no column of times; null where there is one. */
  readonly untimed: string | null;
  /** Columns that the card does not name. */
  readonly unused: readonly { readonly column: string; readonly why: string }[];
}

export interface Decision {
  readonly key: string;
  readonly value: string;
  readonly why: string;
}

/**
 * Guesses the card of a log in one file: reads it whole and tells by names and contents what its columns are. The card's
 * paths start from the file's folder.
 *
 * @param path CSV (any of the usual delimiters, with or without a header), or Parquet by its ending
 * @throws UserError when it is no such file, is damaged, or users and items cannot be told
 */
export async function guessCard(path: string, options: GuessOptions): Promise<Guess> {
  const { given, dropDuplicates = false, delimiter, spill, signal, onProgress } = options;
  onProgress?.(`looking at ${path}`);
  const shape = await sniffFile(path, delimiter, signal);
  const { draft, rows } = await Database.use(spill, signal, async (database) => {
    const profile = await profileFile(database, path, shape);
    const name = options.name ?? nameFrom(nameOfFile(path));
    return { draft: await assemble(profile, shape, { name, given, dropDuplicates }), rows: profile.rows };
  });
  const heading = [
    `Guessed by mvrec from the ${count(rows)} rows of ${basename(path)}.`,
    'Correct what is wrong; docs/cards.md explains every key.',
    'Its path starts from the folder of the file: mvrec data import THIS_CARD --from FOLDER',
  ];
  const { entries, untimed, unused } = draft;
  const text = writeEntries(heading, entries, [
    untimed === null ? [] : [`No time: ${untimed}.`],
    unused.length === 0 ? [] : ['Not used:', ...unused.map(({ column, why }) => `  ${column}: ${why}`)],
  ]);
  return {
    card: parseCard(text, 'the guessed card'),
    text,
    decisions: entries.flatMap(decisionOf),
    untimed,
    unused,
  };
}

function decisionOf({ path, value, why }: Entry): Decision[] {
  if (why === undefined) return [];
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
  return [{ key: path.join('.'), value: text, why: printable(why) }];
}
