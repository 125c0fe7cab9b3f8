/** Items of a matrix of the kernels' layout. */
const PANEL = 32;

/**
 * Room for vectors as the kernels of the catalogue read them: item i is column i % 32 of matrix floor(i / 32), with zeros at
 * the end. [ceil(items / 32), width, 32]
 */
export const emptyPanels = (items: number, width: number): Float32Array =>
  new Float32Array(Math.ceil(items / PANEL) * PANEL * width);

/**
 * Writes vectors where they belong.
 *
 * @param rows of the items from `first` on, row-major [n, width]
 */
export function fillPanels(panels: Float32Array, rows: Float32Array, width: number, first: number): void {
  for (let row = 0; row < rows.length / width; row++) {
    const item = first + row;
    const start = Math.floor(item / PANEL) * PANEL * width + (item % PANEL);
    for (let k = 0; k < width; k++) panels[start + k * PANEL] = rows[row * width + k]!;
  }
}
