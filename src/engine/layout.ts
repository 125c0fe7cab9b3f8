/** Sizes of four dimensions, then strides of each tensor in them: what kernels take (native/layout.h). */
export type Layout = Int32Array;

const RANK = 4;

/** Elements from one step along each axis to the next, row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = new Array(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** Of a tensor that is repeated along the axes that it lacks, or of which it has one element. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const own = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((side, axis) =>
    axis < missing || (from[axis - missing] === 1 && side !== 1) ? 0 : own[axis - missing]!,
  );
}

/**
 * Axes along which all tensors go on as along the next one are one axis with it.
 *
 * @returns null where more than four remain
 */
export function layoutOf(shape: readonly number[], strides: readonly (readonly number[])[]): Layout | null {
  const layout = new Int32Array((1 + strides.length) * RANK);
  for (let d = 0; d < RANK; d++) layout[d] = 1;
  let d = RANK; // the dimension that was filled last
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const side = shape[axis]!;
    if (side === 1) continue;
    if (d < RANK && goesOn(layout, d, strides, axis)) {
      layout[d]! *= side;
      continue;
    }
    if (d === 0) return null;
    d--;
    layout[d] = side;
    for (let t = 0; t < strides.length; t++) layout[(1 + t) * RANK + d] = strides[t]![axis]!;
  }
  return layout;
}

function goesOn(layout: Layout, d: number, strides: readonly (readonly number[])[], axis: number): boolean {
  for (let t = 0; t < strides.length; t++) {
    if (strides[t]![axis] !== layout[(1 + t) * RANK + d]! * layout[d]!) return false;
  }
  return true;
}

/** Whether the elements of every tensor lie one after the other. */
export function isContiguous(layout: Layout): boolean {
  const last = RANK - 1;
  if (layout[0] !== 1 || layout[1] !== 1 || layout[2] !== 1) return false;
  if (layout[last] === 1) return true;
  for (let at = RANK + last; at < layout.length; at += RANK) if (layout[at] !== 1) return false;
  return true;
}
