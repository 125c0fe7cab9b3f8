import type { Options } from 'yargs';
import type { GivenColumns } from '../data/index.js';

/** What commands that read a single file of a log take: which columns are what, where it is not to be guessed. */
export const columnOptions = {
  user: { type: 'string', requiresArg: true, describe: 'Column of user identifiers' },
  item: { type: 'string', requiresArg: true, describe: 'Column of item identifiers' },
  time: {
    type: 'string',
    requiresArg: true,
    describe: 'Column of times (numbers; where the card is guessed, also dates)',
  },
  label: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Numeric column to keep: a label or context; may be repeated',
  },
  category: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Column that is a category of the item; may be repeated',
  },
  delimiter: {
    type: 'string',
    choices: ['comma', 'tab', 'semicolon', 'pipe', 'space'],
    describe: 'Of CSV files',
  },
  'drop-duplicates': {
    type: 'boolean',
    default: false,
    describe: 'Drop rows that equal another in every column',
  },
} as const satisfies Record<string, Options>;

export type Delimiter = (typeof columnOptions.delimiter.choices)[number];

/** The options above as they were given. */
export interface ColumnArguments extends GivenColumns {
  readonly delimiter: Delimiter | undefined;
  readonly dropDuplicates: boolean;
  /** The first of the options that is given, or null. */
  readonly first: string | null;
}

export function columnArguments(args: Readonly<Record<string, unknown>>): ColumnArguments {
  const { user, item, time, delimiter } = args as Record<string, string | undefined>;
  const list = (key: string): readonly string[] => (args[key] as string[] | undefined) ?? [];
  const isGiven = (key: string): boolean =>
    args[key] !== undefined && args[key] !== false && `${args[key]}` !== '';
  return {
    user,
    item,
    time,
    labels: list('label'),
    categories: list('category'),
    delimiter: delimiter as Delimiter | undefined,
    dropDuplicates: args['drop-duplicates'] === true,
    first: Object.keys(columnOptions).find(isGiven) ?? null,
  };
}
