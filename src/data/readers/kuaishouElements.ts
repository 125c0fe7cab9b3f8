import { UserError } from '../../base/index.js';
import { type Database, quoteName } from '../database.js';
import type { TableAppender } from '../tableAppender.js';
import { describeValue, elementsOf, type PickleValue } from './pickleValues.js';

/** A pickle in messages. */
export interface PickleTitle {
  readonly path: string;
  readonly text: string;
}

/** Takes an element of a pickle with its position or key. */
type TakeElement = (value: PickleValue, key: PickleValue) => void;

/** @throws UserError that names the element as Python would: from 0 */
export function refuseElement(
  { path, text }: PickleTitle,
  element: PickleValue | undefined,
  problem: string,
): never {
  const key = typeof element === 'number' ? `${element}` : describeValue(element);
  throw new UserError(
    `${text}, element ${key}: ${problem}`,
    'Elements count from 0. Download dataset.pkl again, or take the CSV files of KuaiVideo_x1.',
    { file: path },
  );
}

/** Rows, and values of lists, that are collected before they are added to a table. */
const BATCH_ROWS = 61_440;
const BATCH_VALUES = 2 ** 18;

const parts = ['train', 'test'] as const;

/** Columns of whole numbers, with the largest that each can hold: those of the inner tuple, then of the outer one. */
const wholeNumbers = [
  ['user', Number.MAX_SAFE_INTEGER],
  ['item', Number.MAX_SAFE_INTEGER],
  ['click', 2 ** 31 - 1],
  ['like', 2 ** 31 - 1],
  ['follow', 2 ** 31 - 1],
  ['pos_len', 2 ** 31 - 1],
  ['neg_len', 2 ** 31 - 1],
] as const;

/** Fills the table of rows. */
export class RowAppender {
  private readonly whole = wholeNumbers.map(() => new Float64Array(BATCH_ROWS));
  private readonly time = new Float64Array(BATCH_ROWS);
  private readonly part = new Uint8Array(BATCH_ROWS);
  private rows = 0;

  private constructor(private readonly appender: TableAppender) {}

  static async create(database: Database, table: string): Promise<RowAppender> {
    await database.run(
      `CREATE TABLE ${quoteName(table)} (user_id BIGINT, item_id BIGINT, is_click INTEGER, is_like INTEGER,
       is_follow INTEGER, pos_len INTEGER, neg_len INTEGER, "timestamp" DOUBLE, part VARCHAR)`,
    );
    return new RowAppender(await database.appender(table));
  }

  takeElements(title: PickleTitle, part: (typeof parts)[number]): TakeElement {
    const code = parts.indexOf(part);
    return (value, key) => {
      this.part[this.rows] = code;
      const problem = this.add(value);
      if (problem !== undefined) refuseElement(title, key, problem);
    };
  }

  /** @returns what is wrong with the element */
  private add(value: PickleValue): string | undefined {
    const sample = elementsOf(value);
    const row = elementsOf(sample?.[0]);
    if (sample?.length !== 3 || row?.length !== 6) return wrongShape(value);
    const time = row[5];
    if (typeof time !== 'number' || !Number.isFinite(time)) {
      return `timestamp is ${describeValue(time)}, expected a number`;
    }
    this.time[this.rows] = time;
    for (let c = 0; c < wholeNumbers.length; c++) {
      const field = c < 5 ? row[c] : sample[c - 4];
      const number = wholeNumber(field);
      const [name, largest] = wholeNumbers[c]!;
      if (number === undefined || number > largest) {
        return `${name} is ${describeValue(field)}, expected a whole number in 0..${largest}`;
      }
      this.whole[c]![this.rows] = number;
    }
    this.rows++;
    if (this.rows === BATCH_ROWS) this.flush();
    return undefined;
  }

  flush(): void {
    const { rows } = this;
    this.rows = 0;
    this.appender.append([...this.whole, this.time, { words: parts, codes: this.part }], rows);
  }

  close(): void {
    this.appender.close();
  }
}

function wrongShape(value: PickleValue): string {
  const expected = 'expected ((user, item, click, like, follow, timestamp), pos_len, neg_len)';
  const sample = elementsOf(value);
  return sample?.length === 3
    ? `${expected}, found ${describeValue(sample[0])} as the first of the three`
    : `${expected}, found ${describeValue(value)}`;
}

/** Fills a table of one list of whole numbers a user. */
export class HistoryAppender {
  private users: number[] = [];
  private lists: (readonly number[])[] = [];
  private values = 0;

  private constructor(private readonly appender: TableAppender) {}

  static async create(database: Database, table: string): Promise<HistoryAppender> {
    await database.run(`CREATE TABLE ${quoteName(table)} (user_id BIGINT, items BIGINT[])`);
    return new HistoryAppender(await database.appender(table));
  }

  takeElements(title: PickleTitle): TakeElement {
    return (value, key) => {
      const problem = this.add(value, key);
      if (problem !== undefined) refuseElement(title, key, problem);
    };
  }

  /** @returns what is wrong with the element */
  private add(value: PickleValue, key: PickleValue): string | undefined {
    const list = elementsOf(value);
    if (!list) return `expected a list of whole numbers, found ${describeValue(value)}`;
    if (typeof key !== 'number' || wholeNumber(key) === undefined) return 'expected the number of a user';
    const wrong = list.findIndex((entry) => typeof entry !== 'number' || wholeNumber(entry) === undefined);
    if (wrong >= 0) return `entry ${wrong} is ${describeValue(list[wrong])}, expected a whole number from 0`;
    this.users.push(key);
    this.lists.push(list as readonly number[]);
    this.values += list.length;
    if (this.lists.length === BATCH_ROWS || this.values >= BATCH_VALUES) this.flush();
    return undefined;
  }

  flush(): void {
    const { users, lists } = this;
    this.users = [];
    this.lists = [];
    this.values = 0;
    this.appender.append([Float64Array.from(users), { lists }], users.length);
  }

  close(): void {
    this.appender.close();
  }
}

/** A whole number from 0 that is exact, True and False counting as 1 and 0. */
function wholeNumber(value: PickleValue | undefined): number | undefined {
  const number = typeof value === 'boolean' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
