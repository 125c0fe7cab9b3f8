import { UserError } from '../../base/index.js';
import { FileWindow } from './fileWindow.js';
import { IdSet } from './idSet.js';
import { MAX_INSTRUCTION, PickleMachine } from './pickleMachine.js';
import { instructionEnd, isExecuted } from './pickleOpcodes.js';
import { decimal } from './pickleScalars.js';
import type { PickleValue } from './pickleValues.js';

/** One of the pickles of a file: a list, or where `dictionary` says so perhaps a dictionary. */
export interface PickleSink {
  /** What the pickle holds, for messages. */
  readonly name: string;
  readonly dictionary: boolean;
  /** Takes an element with its position in the list (from 0) or its key. Elements are not kept. */
  readonly onElement: (value: PickleValue, key: PickleValue) => void;
}

export interface PickleOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes read, of those there are to read: the file is read twice. */
  readonly onCount?: ((done: number, total: number) => void) | undefined;
}

/** Of a window, so that it always has the whole of the next instruction and rarely has to be moved. */
const WINDOW_BYTES = 4 * MAX_INSTRUCTION;

/**
 * Reads a file of pickles that follow one another, each of a list of plain values (see `PickleMachine`), element by
 * element, in memory that does not depend on the size of the file. Protocols 0 to 5. Nothing in the file is executed
 * as Python would.
 *
 * @throws UserError, with the offset, for a pickle that is damaged or holds anything else; when there are fewer or more
 *   pickles than sinks; and what `onElement` throws
 */
export async function readPickles(
  path: string,
  sinks: readonly PickleSink[],
  options: PickleOptions = {},
): Promise<void> {
  await FileWindow.use(path, WINDOW_BYTES, options.signal, async (window) => {
    const total = 2 * window.size;
    const referred = await findReferences(window, (done) => options.onCount?.(done, total));
    window.rewind();
    for (const [i, { name, dictionary, onElement }] of sinks.entries()) {
      const title = `pickle ${i + 1} (${name})`;
      await window.fill();
      if (window.position === window.end) {
        throw new UserError(
          `the file ends before ${title} of ${sinks.length}`,
          'Copy or download it again.',
          { file: path },
        );
      }
      const machine = new PickleMachine({
        window,
        title,
        referred: referred[i] ?? new IdSet(),
        dictionary,
        onElement,
      });
      while (!machine.run()) {
        options.onCount?.(window.size + window.offsetOf(window.position), total);
        await window.fill();
      }
    }
    await window.fill();
    if (window.position < window.end) {
      throw new UserError(
        `byte ${window.offsetOf(window.position)}: expected the end of the file after ${sinks.length} pickles`,
        'Check that the card names the right file.',
        { file: path },
      );
    }
    options.onCount?.(total, total);
  });
}

/**
 * For each pickle of the file the identifiers of stored objects that it refers back to: Python stores every tuple and
 * list, and refers to next to none. Stops at the first instruction that will not be executed.
 */
async function findReferences(window: FileWindow, onBytes: (done: number) => void): Promise<IdSet[]> {
  const found: IdSet[] = [];
  let current = new IdSet();
  for (;;) {
    onBytes(window.offsetOf(window.position));
    await window.fill();
    const { bytes, end } = window;
    const safe = window.atEnd ? end : end - MAX_INSTRUCTION;
    let at = 0;
    while (at < safe) {
      const next = instructionEnd(bytes, at, end);
      const code = bytes[at]!;
      if (next > end || next - at > MAX_INSTRUCTION || !isExecuted(code)) return [...found, current];
      if (code === 0x68)
        current.add(bytes[at + 1]!); // BINGET
      else if (code === 0x6a)
        current.add(bytes.readUInt32LE(at + 1)); // LONG_BINGET
      else if (code === 0x67)
        current.add(decimal(bytes.toString('latin1', at + 1, next - 1)) ?? -1); // GET
      else if (code === 0x2e) {
        found.push(current); // STOP
        current = new IdSet();
      }
      at = next;
    }
    if (window.atEnd) return [...found, current];
    window.position = at;
  }
}
