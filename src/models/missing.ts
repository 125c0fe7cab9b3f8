import { hintFor, UserError } from '../base/index.js';
import type { Features, Store } from '../data/index.js';

const fieldsOf = ({ categories, tags, vectors }: Features): string[] => [
  'id',
  ...[categories, tags, vectors].flatMap((features) => Object.keys(features)),
];

/** What there is in a data set of what options may name; features are vectors or categories, fields also tags. */
const known = {
  'item feature': ({ items: { vectors, categories } }: Store) => [
    ...Object.keys(vectors),
    ...Object.keys(categories),
    'id',
  ],
  'item field': ({ items }: Store) => fieldsOf(items),
  'user field': ({ users }: Store) => fieldsOf(users),
  'item vector': ({ items }: Store) => Object.keys(items.vectors),
  'user vector': ({ users }: Store) => Object.keys(users.vectors),
  column: ({ interactions }: Store) => Object.keys(interactions.columns),
};

/** Features that one option names. */
export interface NamedFeatures {
  /** What messages call them. */
  readonly noun: keyof typeof known;
  /** For example `model.item`. */
  readonly option: string;
  readonly names: readonly string[];
}

/** Settings that do without what is missing, such as `model.item: [id]`. */
export type Instead = (lists: readonly NamedFeatures[], store: Store) => readonly string[];

/** One error for all features that options name and the data set does not have; null where nothing is missing. */
export function missingFeatures(
  lists: readonly NamedFeatures[],
  store: Store,
  instead: Instead = whatIsLeft,
): UserError | null {
  const lacking = lists
    .map((list) => ({ ...list, names: list.names.filter((name) => !isThere(list, name, store)) }))
    .filter(({ names }) => names.length > 0);
  if (lacking.length === 0) return null;
  const texts = lacking.map(
    ({ noun, names, option }) => `no ${noun}${names.length > 1 ? 's' : ''} ${names.join(', ')} (${option})`,
  );
  const hints = [...new Set(lacking.map(({ noun }) => noun))].map((noun) => {
    const names = lacking.filter((list) => list.noun === noun).flatMap((list) => list.names);
    return hintFor(names, known[noun](store), `${noun[0]!.toUpperCase()}${noun.slice(1)}s`);
  });
  const them = lacking.length > 1 || lacking[0]!.names.length > 1 ? 'them' : 'it';
  const named = lists.filter(({ option }) => lacking.some((list) => list.option === option));
  return new UserError(
    `${store.name} has ${texts.join(' and ')}`,
    `${hints.join(' ')} Without ${them}: ${instead(named, store).join(', ')}.`,
  );
}

/** Of each list what there is of it, else the identifiers. */
const whatIsLeft: Instead = (lists, store) => lists.map((list) => setting(list, left(list, store)));

/** A list as a setting; the identifiers where it is empty and may name them. */
export const setting = ({ noun, option }: NamedFeatures, names: readonly string[]): string => {
  const least = noun === 'column' || noun === 'item vector' || noun === 'user vector' ? '' : 'id';
  return `${option}: [${names.length > 0 ? names.join(', ') : least}]`;
};

/** The features of a list that there are. */
export const left = (list: NamedFeatures, store: Store): string[] =>
  list.names.filter((name) => isThere(list, name, store));

const isThere = ({ noun }: NamedFeatures, name: string, store: Store): boolean =>
  known[noun](store).includes(name);
