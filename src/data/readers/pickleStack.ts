import type { PickleValue } from './pickleValues.js';

/** Values between two elements of the outermost list, which Python adds to it by the thousand: 16 million. */
const MAX_HELD = 2 ** 24;

/** @throws UserError with the place of the instruction */
export type Fail = (problem: string, hint?: string) => never;

/** The stack of a pickle machine with its marks: below the last mark nothing can be taken. */
export class PickleStack {
  /** Never shortened: what lies at `top` and above is of the past. */
  private readonly values: PickleValue[] = [];
  private top = 0;
  /** Height at each MARK that is open. */
  private readonly marks: number[] = [];
  /** Height at the last of them. */
  private floor = 0;
  /** Values pushed since the last `release`. */
  private held = 0;

  constructor(private readonly fail: Fail) {}

  get isEmpty(): boolean {
    return this.top === 0 && this.marks.length === 0;
  }

  /** The values from the last mark on, or all of them. */
  get height(): number {
    return this.top - this.floor;
  }

  push(value: PickleValue): void {
    this.hold(1);
    this.values[this.top++] = value;
  }

  mark(): void {
    this.hold(1);
    this.marks.push(this.top);
    this.floor = this.top;
  }

  /** Takes as many values off the top. */
  take(count: number): PickleValue[] {
    const from = this.top - count;
    if (from < this.floor) this.fail('there is nothing on the stack to take');
    this.top = from;
    return this.values.slice(from, from + count);
  }

  /** Takes the values above the last mark, and the mark. */
  takeToMark(): PickleValue[] {
    const from = this.marks.pop();
    if (from === undefined) this.fail('there is no MARK on the stack');
    const taken = this.values.slice(from, this.top);
    this.top = from;
    this.floor = this.marks.at(-1) ?? 0;
    return taken;
  }

  peek(): PickleValue {
    if (this.top <= this.floor) this.fail('there is nothing on the stack');
    return this.values[this.top - 1]!;
  }

  /** Counts what takes as much memory as so many values. */
  hold(values: number): void {
    this.held += values;
    if (this.held <= MAX_HELD) return;
    this.fail(
      `more than ${MAX_HELD} values come before they are added to a list`,
      'mvrec reads lists of rows that Python wrote, a thousand rows at a time.',
    );
  }

  /** What was pushed so far is in use no more. */
  release(): void {
    this.held = 0;
  }
}
