import { type Place, UserError } from '../../base/index.js';
import type { FileWindow } from './fileWindow.js';
import type { IdSet } from './idSet.js';
import { instructionEnd, opcodeName } from './pickleOpcodes.js';
import { decimal, float, longInteger, unescapeUnicode, utf8 } from './pickleScalars.js';
import { PickleStack } from './pickleStack.js';
import { describeValue, PickleDict, PickleList, type PickleValue, printable } from './pickleValues.js';

/** The longest instruction: no text or number of a table comes near. */
export const MAX_INSTRUCTION = 2 ** 20;
/** Objects that a pickle may refer back to, of which each is kept to its end: 4 million. */
const MAX_REFERRED = 2 ** 22;

const useOfPython =
  'If you trust the file, write it anew in Python with plain values, as docs/data.md shows under Pickles.';

export interface MachineOptions {
  readonly window: FileWindow;
  /** How messages call the pickle. */
  readonly title: string;
  /** Identifiers of the memo that the pickle refers to; others are not kept. */
  readonly referred: IdSet;
  /** Whether the outermost object may be a dictionary, not just a list. */
  readonly dictionary: boolean;
  /** Takes an element of the outermost object: of a list with its position, of a dictionary with its key. */
  readonly onElement: (value: PickleValue, key: PickleValue) => void;
}

/**
 * Executes one pickle of a list (or dictionary) and hands out its elements. It can build numbers, texts, None, True,
 * False, tuples and lists; an instruction for anything else is an error. Nothing that a file says is ever looked up,
 * imported or called.
 */
export class PickleMachine {
  private readonly stack = new PickleStack((problem, hint) => this.fail(problem, hint));
  private readonly memo = new Map<number, PickleValue>();
  private memoized = 0;
  private outermost: PickleList | PickleDict | undefined;
  private handedOut = 0;
  /** Place of the instruction in the window. */
  private at = 0;

  constructor(private readonly options: MachineOptions) {}

  /**
   * Executes what the window holds.
   *
   * @returns whether the pickle ended; if not, the window has to be filled
   * @throws UserError with the offset of the instruction
   */
  run(): boolean {
    const { window } = this.options;
    const { bytes, end } = window;
    const safe = window.atEnd ? end : end - MAX_INSTRUCTION;
    let at = window.position;
    while (at < safe) {
      this.at = at;
      const next = instructionEnd(bytes, at, end);
      if (next > end || next - at > MAX_INSTRUCTION) this.refuseLength(next);
      if (bytes[at] === 0x2e) {
        window.position = next;
        this.finish();
        return true;
      }
      this.execute(bytes[at]!, at + 1, next);
      at = next;
    }
    window.position = at;
    this.at = at;
    if (window.atEnd) this.fail('the file ends before the pickle does', 'Copy or download it again.');
    return false;
  }

  /** @param from, to where the operand lies in the window */
  private execute(code: number, from: number, to: number): void {
    const { bytes, view } = this.options.window;
    // biome-ignore format: a line an instruction
    switch (code) {
      case 0x4b: this.stack.push(bytes[from]!); break; // BININT1
      case 0x4d: this.stack.push(view.getUint16(from, true)); break; // BININT2
      case 0x4a: this.stack.push(view.getInt32(from, true)); break; // BININT
      case 0x8a: this.stack.push(this.integer(longInteger(view, from + 1, to))); break; // LONG1
      case 0x8b: this.stack.push(this.integer(longInteger(view, from + 4, to))); break; // LONG4
      case 0x47: this.stack.push(view.getFloat64(from)); break; // BINFLOAT
      case 0x28: this.stack.mark(); break; // MARK
      case 0x29: this.stack.push([]); break; // EMPTY_TUPLE
      case 0x85: this.stack.push(this.stack.take(1)); break; // TUPLE1
      case 0x86: this.stack.push(this.stack.take(2)); break; // TUPLE2
      case 0x87: this.stack.push(this.stack.take(3)); break; // TUPLE3
      case 0x74: this.stack.push(this.stack.takeToMark()); break; // TUPLE
      case 0x5d: this.pushList([]); break; // EMPTY_LIST
      case 0x6c: this.pushList(this.stack.takeToMark()); break; // LIST
      case 0x61: this.append(this.stack.take(1)); break; // APPEND
      case 0x65: this.append(this.stack.takeToMark()); break; // APPENDS
      case 0x7d: this.pushDict([]); break; // EMPTY_DICT
      case 0x64: this.pushDict(this.stack.takeToMark()); break; // DICT
      case 0x73: this.setItems(this.stack.take(2)); break; // SETITEM
      case 0x75: this.setItems(this.stack.takeToMark()); break; // SETITEMS
      case 0x71: this.remember(bytes[from]!); break; // BINPUT
      case 0x72: this.remember(view.getUint32(from, true)); break; // LONG_BINPUT
      case 0x70: this.remember(this.decimal(from, to)); break; // PUT
      // The number of objects remembered so far: those that write it write no other.
      case 0x94: this.remember(this.memoized); break; // MEMOIZE
      case 0x68: this.recall(bytes[from]!); break; // BINGET
      case 0x6a: this.recall(view.getUint32(from, true)); break; // LONG_BINGET
      case 0x67: this.recall(this.decimal(from, to)); break; // GET
      case 0x4e: this.stack.push(null); break; // NONE
      case 0x88: this.stack.push(true); break; // NEWTRUE
      case 0x89: this.stack.push(false); break; // NEWFALSE
      case 0x49: this.stack.push(this.oldInteger(from, to)); break; // INT
      case 0x4c: this.stack.push(this.decimal(from, bytes[to - 2] === 0x4c ? to - 1 : to)); break; // LONG
      case 0x46: this.stack.push(this.oldFloat(from, to)); break; // FLOAT
      case 0x56: this.pushText(unescapeUnicode(bytes.toString('latin1', from, to - 1))); break; // UNICODE
      case 0x8c: this.pushText(utf8(bytes.subarray(from + 1, to))); break; // SHORT_BINUNICODE
      case 0x58: this.pushText(utf8(bytes.subarray(from + 4, to))); break; // BINUNICODE
      case 0x8d: this.pushText(utf8(bytes.subarray(from + 8, to))); break; // BINUNICODE8
      case 0x80: this.requireProtocol(bytes[from]!); break; // PROTO
      case 0x95: this.requireFrame(to); break; // FRAME
      default: this.refuse(code);
    }
  }

  private pushText(text: string | undefined): void {
    if (text === undefined) this.fail('a text is not valid UTF-8', 'Copy or download the file again.');
    this.stack.hold(text.length >> 3); // bytes that many numbers would take
    this.stack.push(text);
  }

  private pushList(items: readonly PickleValue[]): void {
    const list = new PickleList();
    if (this.isFirst()) this.outermost = list;
    this.stack.push(list);
    this.append(items);
  }

  private pushDict(entries: readonly PickleValue[]): void {
    if (!this.isFirst()) this.fail('a dictionary lies inside of another object', useOfPython);
    if (!this.options.dictionary) this.fail('found a dictionary where a list is expected', useOfPython);
    this.outermost = new PickleDict();
    this.stack.push(this.outermost);
    this.setItems(entries);
  }

  private isFirst(): boolean {
    return this.outermost === undefined && this.stack.isEmpty;
  }

  private append(items: readonly PickleValue[]): void {
    const list = this.stack.peek();
    if (!(list instanceof PickleList)) this.fail(`an item is added to ${describeValue(list)}`);
    this.requireUnshared(list);
    if (list !== this.outermost) {
      for (const item of items) list.items.push(item);
      return;
    }
    for (const item of items) this.options.onElement(item, this.handedOut++);
    this.stack.release();
  }

  private setItems(entries: readonly PickleValue[]): void {
    const dict = this.stack.peek();
    if (!(dict instanceof PickleDict)) this.fail(`an entry is added to ${describeValue(dict)}`);
    if (entries.length % 2 > 0) this.fail('a dictionary has a key without a value');
    this.requireUnshared(dict);
    for (let i = 0; i < entries.length; i += 2) this.options.onElement(entries[i + 1]!, entries[i]!);
    this.stack.release();
  }

  /** An object can come to hold itself only by growing after a second reference to it was made. */
  private requireUnshared(container: PickleList | PickleDict): void {
    if (container.shared) this.fail('a list or dictionary holds itself', useOfPython);
  }

  private remember(id: number): void {
    const value = this.stack.peek();
    this.memoized++;
    if (!this.options.referred.has(id)) return;
    this.memo.set(id, value);
    if (this.memo.size > MAX_REFERRED) {
      this.fail(`the pickle refers back to more than ${MAX_REFERRED} of its objects`, useOfPython);
    }
  }

  private recall(id: number): void {
    const value = this.memo.get(id);
    if (value === undefined) this.fail(`refers to object ${id}, which it did not store before`);
    if (value instanceof PickleList || value instanceof PickleDict) value.shared = true;
    this.stack.push(value);
  }

  private integer(value: number): number {
    if (!Number.isSafeInteger(value)) {
      this.fail('a whole number is beyond 2^53, which is as far as mvrec counts exactly', useOfPython);
    }
    return value;
  }

  private decimal(from: number, to: number): number {
    return this.integer(this.number(decimal, from, to));
  }

  /** Protocol 0 writes False and True as 00 and 01. */
  private oldInteger(from: number, to: number): number | boolean {
    const text = this.options.window.bytes.toString('latin1', from, to - 1);
    return text === '00' || text === '01' ? text === '01' : this.decimal(from, to);
  }

  private oldFloat(from: number, to: number): number {
    return this.number(float, from, to);
  }

  private number(parse: (text: string) => number | undefined, from: number, to: number): number {
    const text = this.options.window.bytes.toString('latin1', from, to - 1);
    const value = parse(text);
    if (value === undefined) this.fail(`${printable(text)} is not a number`);
    return value;
  }

  private requireProtocol(protocol: number): void {
    if (protocol > 5) this.fail(`protocol ${protocol} is not known; mvrec reads 0 to 5`, useOfPython);
  }

  /** A frame is there for readers that fetch it at once; here its length is only checked. */
  private requireFrame(to: number): void {
    const { window } = this.options;
    if (window.offsetOf(to) + Number(window.view.getBigUint64(to - 8, true)) <= window.size) return;
    this.fail('the file ends within a frame', 'Copy or download it again.');
  }

  /** At STOP. */
  private finish(): void {
    const { height } = this.stack;
    const result = this.stack.peek();
    if (height === 1 && result === this.outermost) return;
    const found = height === 1 ? describeValue(result) : `${height} objects`;
    this.fail(`expected one list, found ${found}`);
  }

  private refuse(code: number): never {
    const name = opcodeName(code);
    if (name === undefined) {
      this.fail(`0x${code.toString(16).padStart(2, '0')} is not an instruction of a pickle`);
    }
    const what = this.namedBy(name);
    this.fail(
      `${name}${what} is refused: mvrec builds numbers, texts, tuples and lists, and never runs what a file names`,
      useOfPython,
    );
  }

  /** What a refused instruction would have brought in, where the file says so. */
  private namedBy(name: string): string {
    const { bytes, end } = this.options.window;
    if (name === 'STACK_GLOBAL') {
      const [module, object] = this.stack.height >= 2 ? this.stack.take(2) : [];
      return typeof module === 'string' && typeof object === 'string'
        ? ` of ${printable(`${module}.${object}`).slice(1, -1)}`
        : '';
    }
    if (name !== 'GLOBAL' && name !== 'INST') return '';
    const lines = bytes.toString('latin1', this.at + 1, Math.min(end, this.at + 1024)).split('\n');
    return lines.length > 2 ? ` of ${printable(`${lines[0]}.${lines[1]}`).slice(1, -1)}` : '';
  }

  private refuseLength(next: number): never {
    const { window } = this.options;
    const name = opcodeName(window.bytes[this.at]!);
    if (window.offsetOf(next) > window.size) {
      this.fail(`the file ends within an instruction (${name})`, 'Copy or download it again.');
    }
    this.fail(`an instruction (${name}) is longer than ${MAX_INSTRUCTION} bytes`, useOfPython);
  }

  private fail(problem: string, hint = 'Copy or download the file again.'): never {
    const { window, title } = this.options;
    const place: Place = { file: window.path };
    throw new UserError(`byte ${window.offsetOf(this.at)}, ${title}: ${problem}`, hint, place);
  }
}
