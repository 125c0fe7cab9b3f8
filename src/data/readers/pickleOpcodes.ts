/**
 * The instructions of pickles of protocols 0 to 5, as Python's `pickletools` lists them. An instruction is a byte and an
 * operand: of fixed size, a line, or a length and as many bytes.
 */
const line = -1;
const length1 = -2;
const length4 = -3;
const length8 = -4;
/** Neither known nor needed: what follows is never looked at. */
const refused = -5;

/** What mvrec executes. */
const executed: Readonly<Record<string, readonly [code: number, operand: number]>> = {
  // Numbers
  INT: [0x49, line],
  BININT: [0x4a, 4],
  BININT1: [0x4b, 1],
  BININT2: [0x4d, 2],
  LONG: [0x4c, line],
  LONG1: [0x8a, length1],
  LONG4: [0x8b, length4],
  FLOAT: [0x46, line],
  BINFLOAT: [0x47, 8],
  // Nothing, yes and no
  NONE: [0x4e, 0],
  NEWTRUE: [0x88, 0],
  NEWFALSE: [0x89, 0],
  // Texts
  UNICODE: [0x56, line],
  SHORT_BINUNICODE: [0x8c, length1],
  BINUNICODE: [0x58, length4],
  BINUNICODE8: [0x8d, length8],
  // Containers
  EMPTY_TUPLE: [0x29, 0],
  TUPLE: [0x74, 0],
  TUPLE1: [0x85, 0],
  TUPLE2: [0x86, 0],
  TUPLE3: [0x87, 0],
  EMPTY_LIST: [0x5d, 0],
  LIST: [0x6c, 0],
  APPEND: [0x61, 0],
  APPENDS: [0x65, 0],
  EMPTY_DICT: [0x7d, 0],
  DICT: [0x64, 0],
  SETITEM: [0x73, 0],
  SETITEMS: [0x75, 0],
  // The stack, the memo, the frame
  MARK: [0x28, 0],
  GET: [0x67, line],
  BINGET: [0x68, 1],
  LONG_BINGET: [0x6a, 4],
  PUT: [0x70, line],
  BINPUT: [0x71, 1],
  LONG_BINPUT: [0x72, 4],
  MEMOIZE: [0x94, 0],
  PROTO: [0x80, 1],
  FRAME: [0x95, 8],
  STOP: [0x2e, 0],
};

/** What it refuses, by name. */
const notExecuted: Readonly<Record<string, number>> = {
  STRING: 0x53,
  BINSTRING: 0x54,
  SHORT_BINSTRING: 0x55,
  BINBYTES: 0x42,
  SHORT_BINBYTES: 0x43,
  BINBYTES8: 0x8e,
  BYTEARRAY8: 0x96,
  NEXT_BUFFER: 0x97,
  READONLY_BUFFER: 0x98,
  EMPTY_SET: 0x8f,
  ADDITEMS: 0x90,
  FROZENSET: 0x91,
  POP: 0x30,
  POP_MARK: 0x31,
  DUP: 0x32,
  EXT1: 0x82,
  EXT2: 0x83,
  EXT4: 0x84,
  GLOBAL: 0x63,
  STACK_GLOBAL: 0x93,
  REDUCE: 0x52,
  BUILD: 0x62,
  INST: 0x69,
  OBJ: 0x6f,
  NEWOBJ: 0x81,
  NEWOBJ_EX: 0x92,
  PERSID: 0x50,
  BINPERSID: 0x51,
};

const names: Readonly<Record<number, string>> = Object.fromEntries([
  ...Object.entries(executed).map(([name, [code]]) => [code, name]),
  ...Object.entries(notExecuted).map(([name, code]) => [code, name]),
]);

const operands = new Int8Array(256).fill(refused);
for (const [code, operand] of Object.values(executed)) operands[code] = operand;

/** Name of an instruction in Python's documentation; undefined when there is none of this code. */
export function opcodeName(code: number): string | undefined {
  return names[code];
}

export function isExecuted(code: number): boolean {
  return operands[code] !== refused;
}

/**
 * Where the instruction at `at` ends, which is beyond `end` when that cuts it short. Of one that is not executed the
 * operand does not count.
 */
export function instructionEnd(bytes: Buffer, at: number, end: number): number {
  const first = at + 1;
  const operand = operands[bytes[at]!]!;
  if (operand >= 0) return first + operand;
  if (operand === length1) return first < end ? first + 1 + bytes[first]! : Number.POSITIVE_INFINITY;
  if (operand === refused) return first;
  if (operand === line) {
    const lineEnd = bytes.indexOf(0x0a, first);
    return lineEnd < 0 || lineEnd >= end ? Number.POSITIVE_INFINITY : lineEnd + 1;
  }
  if (first + (operand === length4 ? 4 : 8) > end) return Number.POSITIVE_INFINITY;
  const low = bytes.readUInt32LE(first);
  return operand === length4 ? first + 4 + low : first + 8 + low + bytes.readUInt32LE(first + 4) * 2 ** 32;
}
