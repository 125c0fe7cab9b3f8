import { createReadStream, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { InterruptedError, UserError } from '../../base/index.js';
import type { SourceTable } from './table.js';

/** A text file as it lies there, or packed by gzip. */
export interface TextFile {
  readonly path: string;
  readonly packed: boolean;
  /** The first MiB of the text, and in any case the first line; of a short text all of it. */
  readonly head: Buffer;
  /** Whether that is all of it. */
  readonly whole: boolean;
  /** Whether it ends in the middle of a line, as one does that was cut off. */
  readonly endsWithin: boolean;
}

/** What reads a text file again. */
type Packing = Pick<TextFile, 'path' | 'packed'>;

const CHUNK_BYTES = 2 ** 20;
/** A first line that goes on for longer is none. */
const MOST_BYTES = 2 ** 24;

/**
 * Looks at the beginning and the end of a text file. One that is packed by gzip is unpacked once for that, because DuckDB
 * takes what is left of one that was cut off for the whole, and does not compare its checksum.
 *
 * @throws UserError when it is missing, a folder, empty, not text, or its packed data are damaged
 */
export async function openText(path: string, signal?: AbortSignal): Promise<TextFile> {
  const { size } = await requireFile(path);
  const packed = await isPacked(path);
  let head = Buffer.alloc(0);
  let bytes = 0;
  let end = 0;
  for await (const chunk of chunksOf({ path, packed })) {
    if (signal?.aborted) throw new InterruptedError();
    if (!isEnough(head)) {
      head = Buffer.concat([head, chunk]);
      refuseOther(head, path, packed);
    }
    if (isEnough(head) && !packed) break;
    bytes += chunk.length;
    end = chunk.at(-1)!;
  }
  if (head.length === 0)
    throw new UserError('the file is empty', 'Name another one, or write it anew.', { file: path });
  const lone = head.indexOf(CARRIAGE_RETURN);
  if (!head.includes(LINE_FEED) && lone >= 0 && lone < head.length - 1) {
    throw new UserError('its lines end in CR alone', "Convert it: tr '\\r' '\\n' < OLD > NEW", {
      file: path,
    });
  }
  const last = packed ? end : await lastByte(path);
  return {
    path,
    packed,
    head,
    whole: head.length >= (packed ? bytes : size),
    endsWithin: last !== LINE_FEED && last !== CARRIAGE_RETURN,
  };
}

function isEnough(head: Buffer): boolean {
  return head.length >= CHUNK_BYTES && (head.includes(LINE_FEED) || head.length > MOST_BYTES);
}

/** The first line without its end and byte order mark. */
export function firstLine({ head }: TextFile): string {
  const end = head.indexOf(LINE_FEED);
  const line = head.toString('utf8', 0, end < 0 ? head.length : end);
  return line.replace(/^\ufeff/, '').replace(/\r$/, '');
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;

/** @throws UserError when a file is missing, a folder or empty */
export async function requireFile(path: string): Promise<Stats> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    const problem = error.code === 'ENOENT' ? 'there is no such file' : `cannot be opened (${error.code})`;
    throw new UserError(
      problem,
      'Check the path; those of a card start from the folder given as --from or data.source.from.',
      {
        file: path,
      },
    );
  });
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw new UserError('is a folder, not a file', undefined, { file: path });
    if (stat.size === 0)
      throw new UserError('the file is empty', 'Name another one, or write it anew.', { file: path });
    return stat;
  } finally {
    await file.close();
  }
}

/** The line on which record `wanted` (from 0) of a CSV file begins: quoted line ends and blank lines counted. */
export async function lineOfRow(
  file: Packing & Pick<SourceTable, 'delimiter'> & Partial<Pick<SourceTable, 'unquoted'>>,
  wanted: number,
): Promise<number> {
  const delimiter = file.delimiter.charCodeAt(0);
  let line = 1;
  let record = 0;
  let blank = true;
  let cellStarts = true;
  let inQuotes = false; // a cell that begins with a quote; in others a quote is a sign like any
  let quoted = false;
  for await (const chunk of chunksOf(file)) {
    for (const byte of chunk) {
      if (byte === LINE_FEED) {
        line++;
        if (quoted) continue;
        if (!blank) record++;
        blank = true;
        cellStarts = true;
      } else if (byte !== CARRIAGE_RETURN) {
        if (blank && record === wanted) return line;
        blank = false;
        if (cellStarts) inQuotes = byte === QUOTE && !file.unquoted;
        if (byte === QUOTE && inQuotes) quoted = !quoted;
        cellStarts = byte === delimiter && !quoted;
      }
    }
  }
  return line;
}

async function isPacked(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return GZIP.test(buffer.toString('hex'));
  } finally {
    await file.close();
  }
}

async function lastByte(path: string): Promise<number> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0]!;
  } finally {
    await file.close();
  }
}

/** The bytes of the text. */
async function* chunksOf({ path, packed }: Packing): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  if (!packed) {
    yield* file;
    return;
  }
  const text = pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => {}); // errors come out of the loop
  try {
    for await (const chunk of text) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!code?.startsWith('Z_')) throw error;
    const problem = code === 'Z_BUF_ERROR' ? 'its gzip data are cut off' : 'its gzip data are damaged';
    throw new UserError(problem, 'Copy or download it again.', { file: path });
  }
}

/** Hexadecimal. */
const GZIP = /^1f8b/;

const NO_TABLE = 'Features are read from it by a card (docs/data.md); a table is CSV or Parquet.';

/** First bytes, hexadecimal, of what is no text, and what to do with it. */
const signatures: readonly (readonly [bytes: RegExp, problem: string, fix: string])[] = [
  [/^504b0304/, 'is a zip archive', 'Unpack it first.'],
  [GZIP, 'is packed by gzip twice', 'Unpack it first.'],
  [/^28b52ffd/, 'is packed by zstd', 'Unpack it first.'],
  [/^425a683[1-9]314159265359/, 'is packed by bzip2', 'Unpack it first.'],
  [/^fd377a585a00/, 'is packed by xz', 'Unpack it first.'],
  [/^377abcaf271c/, 'is a 7z archive', 'Unpack it first.'],
  [/^5041523115/, 'is Parquet under another ending', 'Give it the ending .parquet.'],
  [/^894844460d0a1a0a/, 'is HDF5', NO_TABLE],
  [/^934e554d5059/, 'is npy', NO_TABLE],
  [/^fffe|^feff/, 'is UTF-16', 'Convert it, for example with iconv -f UTF-16 -t UTF-8.'],
];

/** @param head the first bytes of the text */
function refuseOther(head: Buffer, file: string, packed: boolean): void {
  const known = signatures.find(([bytes]) => bytes.test(head.toString('hex', 0, 16)));
  if (known) throw new UserError(known[1], packed ? 'Unpack it first.' : known[2], { file });
  if (head.toString('latin1', 257, 262) === 'ustar') {
    throw new UserError('is a tar archive', 'Unpack it first.', { file });
  }
  const zero = head.indexOf(0);
  if (zero < 0) return;
  let line = 1;
  for (let at = head.indexOf(LINE_FEED); at >= 0 && at < zero; at = head.indexOf(LINE_FEED, at + 1)) line++;
  throw new UserError(
    `is not a text file: byte ${zero + 1} is 0`,
    'A table is CSV or Parquet; take the byte out if the rest is text.',
    { file, line },
  );
}
