import { type PreparedData, partNames, type SplitName, type Store } from '../types.js';
import { partsByLabel, previousOfPair, uniteBits, withinMoment } from './pairs.js';
import type { AuditContext, AuditSettings, Detection, ExampleRow } from './types.js';

/** Bits of `AuditContext.parts`. */
export const TRAIN = 1;
export const VALIDATION = 2;
export const TEST = 4;

export function contextOf(data: PreparedData, settings: AuditSettings): AuditContext {
  const { interactions, itemIds } = data.store;
  const parts = new Uint8Array(interactions.rows);
  for (const [p, name] of partNames.entries()) for (const row of data.split[name]) parts[row]! |= 1 << p;
  const previous = previousOfPair(interactions, itemIds.length);
  const atOnce = withinMoment(previous, interactions.time);
  const own = partsByLabel(parts, data.label);
  return {
    data,
    settings,
    parts,
    previous,
    atOnce,
    bitsOfPair: uniteBits(own, previous),
    bitsAtOnce: uniteBits(own, atOnce),
    orderOnly: settings.card !== null && settings.card.interactions.time === undefined,
  };
}

/** The last part that bits name, or null. */
export function lastPart(bits: number): SplitName | null {
  return partNames[31 - Math.clz32(bits)] ?? null;
}

/** Counts rows by part and remembers the first. */
export class Tally {
  /** Row, and the one that it collides with; undefined before there was one. */
  example: number | undefined;
  other: number | undefined;
  private readonly byBits = new Int32Array(8);

  /** @param parts bits of the row's parts, of which the last counts */
  add(parts: number, row: number, other?: number): void {
    if (this.example === undefined) {
      this.example = row;
      this.other = other;
    }
    this.byBits[parts]!++;
  }

  get count(): number {
    return this.byBits.reduce((sum, count) => sum + count, 0);
  }

  get parts(): Partial<Record<SplitName, number>> {
    const counts: Partial<Record<SplitName, number>> = {};
    for (const name of partNames) {
      const count = this.byBits.reduce((sum, n, bits) => (lastPart(bits) === name ? sum + n : sum), 0);
      if (count > 0) counts[name] = count;
    }
    return counts;
  }

  /** A detection of these rows; none where there are none. */
  found(rest: Omit<Detection, 'count' | 'parts' | 'example'>): Detection[] {
    const { count, parts, example, other } = this;
    return count > 0 ? [{ count, parts, example, other, ...rest }] : [];
  }
}

/** How many rows lie in a part. */
export function rowsInUse(parts: Uint8Array): number {
  let used = 0;
  for (let row = 0; row < parts.length; row++) if (parts[row]! > 0) used++;
  return used;
}

/** The first row of a row's user with the same item that fits. */
export function findOfPair(
  { store }: PreparedData,
  row: number,
  fits: (candidate: number) => boolean,
): number | undefined {
  const { user, item, userOffsets } = store.interactions;
  const end = userOffsets[user[row]! + 1]!;
  for (let r = userOffsets[user[row]!]!; r < end; r++) if (item[r] === item[row] && fits(r)) return r;
  return undefined;
}

/** A row in words of the source. */
export function describeRow(
  { label, store }: { readonly label: Float32Array; readonly store: Store },
  parts: Uint8Array,
  row: number,
): ExampleRow {
  const { user, item, time } = store.interactions;
  return {
    row,
    user: store.userIds[user[row]!]!,
    item: store.itemIds[item[row]!]!,
    time: time[row]!,
    label: label[row]!,
    part: lastPart(parts[row]!),
  };
}
