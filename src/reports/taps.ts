import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openSafetensors, sizeOf, UserError } from '../base/index.js';
import type { HeatMap, Section } from './document.js';

/** An array of `mvrec forward --tap`. */
interface Tap {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Taps that say what looks at what, and how much. */
const drawn = /(^|\.)(attention|scores|assignment|weights|routing|mask|gate)$/;
/** Maps of one tap: the first contexts. */
const mostMaps = 4;
/** Rows and columns of a map that one can still tell apart. */
const mostCells = 100;

/**
 * Attention and routing of a forward pass as heat maps.
 *
 * @param file safetensors or JSON that `mvrec forward --tap` wrote
 * @throws UserError where it is none, or has no such tap
 */
export async function tapSection(file: string): Promise<Section> {
  const taps = /\.json$/i.test(file) ? await ofJson(file) : await ofSafetensors(file);
  const chosen = taps.filter(({ name, shape }) => drawn.test(name) && shape.length >= 2 && sizeOf(shape) > 0);
  if (chosen.length === 0) {
    const names = taps.map(({ name }) => name).join(', ');
    throw new UserError(
      `there is no tap of attention or routing in it: ${names || 'it is empty'}`,
      'Write some with mvrec forward MODEL ... --tap all --out FILE; mvrec models MODEL --inputs lists them.',
      { file },
    );
  }
  return {
    id: `taps-${basename(file).replace(/[^\w-]+/g, '-')}`,
    title: `What the model looks at (${basename(file)})`,
    text: [
      `Each map is shaded from its smallest to its largest value. Rows and columns are those of the tap, from 0; of further dimensions the mean is drawn.`,
    ],
    tables: [],
    charts: chosen.flatMap(mapsOf),
  };
}

/**
 * Two dimensions: one map. Three: a map for each of the first, `[contexts, rows, columns]`. More: the mean over what follows.
 */
export function mapsOf({ name, shape, values }: Tap): HeatMap[] {
  const [maps, rows, columns] = shape.length === 2 ? [1, ...shape] : shape;
  const rest = sizeOf(shape.slice(shape.length === 2 ? 2 : 3));
  const isGroup = name.endsWith('assignment'); // -1: none
  const [height, width] = [Math.min(rows!, mostCells), Math.min(columns!, mostCells)];
  return Array.from({ length: Math.min(maps!, mostMaps) }, (_, map) => {
    const cells = Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => {
        const start = ((map * rows! + row) * columns! + column) * rest;
        let sum = 0;
        for (let i = 0; i < rest; i++) sum += Number(values[start + i]);
        const mean = sum / rest;
        return Number.isFinite(mean) && !(isGroup && mean < 0) ? mean : null;
      }),
    );
    const known = cells.flat().filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const cut =
      height < rows! || width < columns! ? `, the first ${height} x ${width} of ${rows} x ${columns}` : '';
    const which = shape.length === 2 ? name : `${name}, ${map} of ${maps}`;
    return {
      kind: 'heat',
      title: which,
      description: `${which}: ${height} rows and ${width} columns${cut}, values from ${low.toPrecision(3)} to ${high.toPrecision(3)}.`,
      x: 'column',
      y: 'row',
      values: cells,
    };
  });
}

async function ofSafetensors(file: string): Promise<Tap[]> {
  const opened = await explained(file, () => openSafetensors(file));
  try {
    const taps: Tap[] = [];
    for (const name of opened.names) {
      const data = await opened.read(name);
      const values = data instanceof BigInt64Array ? Float64Array.from(data, Number) : data;
      taps.push({ name, shape: opened.shape(name), values });
    }
    return taps;
  } finally {
    await opened.close();
  }
}

/** `{name: {shape: [..], values: [..]}}`, as `mvrec forward --out FILE.json` writes it. */
async function ofJson(file: string): Promise<Tap[]> {
  const text = await explained(file, () => readFile(file, 'utf8'));
  const wrong = (what: string): UserError =>
    new UserError(`${what}, as mvrec forward --out FILE.json writes them`, 'Write it anew.', { file });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw wrong('it is not JSON of arrays');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw wrong('it holds no arrays');
  return Object.entries(parsed).map(([name, value]) => {
    const { shape, values } = (value ?? {}) as { shape?: unknown; values?: unknown };
    const isShape = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (!isShape || !Array.isArray(values) || values.length !== sizeOf(shape as number[])) {
      throw wrong(`${name} is no array with shape and values`);
    }
    return { name, shape: shape as number[], values: values as number[] };
  });
}

async function explained<T>(file: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw new UserError(`there is no file ${file}`, 'Check the path of --taps.');
      case 'EISDIR':
        throw new UserError(`${file} is a folder`, 'Name a file that mvrec forward wrote.');
      case 'EACCES':
      case 'EPERM':
        throw new UserError(`no permission to read ${file}`, 'Change its permissions.');
      default:
        throw error;
    }
  }
}
