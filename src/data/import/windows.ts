import type { SourceHistory } from '../types.js';

/** A user's list so far, and the window that its last row had. */
interface UserList {
  readonly events: number[];
  text: string;
  start: number;
  end: number;
  /** Windows that were met, by their text, for rows that do not continue the one before. */
  readonly known: Map<string, number>;
}

/** A history has an entry without an item. */
export class EmptyEntryError extends Error {}

/**
 * Recognises the histories that a log repeats in each row as windows of one list a user: the same as in the row before,
 * that one with an item more, or one that slides by an item. What is none of these stands by itself. The comparison is of
 * the texts themselves, so every row is verified.
 *
 * Rows with the same end have the same start: an item is added at the end of a list only, and only to the window that
 * ends there.
 */
export class Windows {
  private readonly lists: (UserList | undefined)[];
  private readonly start: Int32Array;
  private readonly end: Int32Array;
  private shared = 0;
  private explicit = 0;

  /**
   * @param separator between the items of a text
   * @param codeOf number of an item
   */
  constructor(
    users: number,
    rows: number,
    private readonly separator: string,
    private readonly codeOf: (id: string) => number,
  ) {
    this.lists = new Array(users);
    this.start = new Int32Array(rows);
    this.end = new Int32Array(rows);
  }

  /** Rows of one user must come in the order in which their histories grew to share much; any order is right. */
  add(row: number, user: number, text: string): void {
    if (text === '') return;
    this.lists[user] ??= { events: [], text: '', start: 0, end: 0, known: new Map() };
    const list = this.lists[user];
    if (text !== list.text) this.move(list, text);
    else this.shared++;
    this.start[row] = list.start;
    this.end[row] = list.end;
  }

  /** Makes the list's window that of another text. */
  private move(list: UserList, text: string): void {
    const added = list.end === list.events.length && list.end > 0 ? this.addedItem(list, text) : null;
    const before = list.known.get(text);
    list.text = text;
    if (added !== null) {
      this.shared++;
      list.start += added.dropped;
      list.events.push(this.code(added.item));
      list.end++;
      return;
    }
    if (before !== undefined) {
      this.shared++;
      list.start = before;
      list.end = before + text.split(this.separator).length;
      return;
    }
    this.explicit++;
    list.start = list.events.length;
    for (const item of text.split(this.separator)) list.events.push(this.code(item));
    list.end = list.events.length;
    list.known.set(text, list.start);
  }

  private code(item: string): number {
    if (item.trim() === '') throw new EmptyEntryError();
    return this.codeOf(item);
  }

  /** The item that a text has after those of the window, or after all of those but the first; null where it is neither. */
  private addedItem({ text: last }: UserList, text: string): { item: string; dropped: 0 | 1 } | null {
    const { separator } = this;
    const grown = (from: string, dropped: 0 | 1) => {
      if (!text.startsWith(from) || !text.startsWith(separator, from.length)) return null;
      const item = text.slice(from.length + separator.length);
      return item.includes(separator) ? null : { item, dropped };
    };
    const cut = last.indexOf(separator);
    return grown(last, 0) ?? (cut < 0 ? null : grown(last.slice(cut + separator.length), 1));
  }

  /** @param user of each row. [rows] */
  finish(user: Int32Array): { history: SourceHistory; shared: number; explicit: number; events: number } {
    const offsets = new Int32Array(this.lists.length + 1);
    for (let u = 0; u < this.lists.length; u++)
      offsets[u + 1] = offsets[u]! + (this.lists[u]?.events.length ?? 0);
    const item = new Int32Array(offsets.at(-1)!);
    this.lists.forEach((list, u) => {
      item.set(list?.events ?? [], offsets[u]!);
    });
    for (let row = 0; row < user.length; row++) {
      if (this.end[row] === 0) continue; // empty
      this.start[row]! += offsets[user[row]!]!;
      this.end[row]! += offsets[user[row]!]!;
    }
    const { start, end, shared, explicit } = this;
    return { history: { item, start, end }, shared, explicit, events: item.length };
  }
}
