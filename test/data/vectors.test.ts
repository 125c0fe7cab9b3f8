import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { encodeNpy, NpyRows } from '../../src/base/index.js';
import { HeldVectors } from '../../src/data/index.js';
import { FileArray } from '../../src/data/readers/arraySource.js';
import { SourceVectors } from '../../src/data/vectors.js';
import { tableRows } from '../../src/engine/rows.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { temporaryFolder } from '../support/index.js';

// 3 rows of 2, wherever they are kept; rows are asked for by the same numbers.
const matrix = Float32Array.of(1, 2, 3, 4, 5, 6);
const file = join(temporaryFolder(), 'matrix.npy');
writeFileSync(file, encodeNpy(matrix, [3, 2]));

const source = new FileArray(NpyRows.open(file), null);

const sources: readonly [string, (rows: Int32Array) => Float32Array][] = [
  ['in memory', (rows) => new HeldVectors(matrix, 2).rows(rows)],
  ['in a file', (rows) => NpyRows.open(file).rows(rows)],
  ['of a source', (rows) => new SourceVectors(source, Int32Array.of(0, 1, 2)).rows(rows)],
  ['of a table', (rows) => tableRows(matrix, 2, rows)],
];

describeEngines('rows', (engine) => {
  describe.each(sources)('%s', (_, rows) => {
    it('are refused where there are none', async () => {
      await useEngine(engine);
      expect(rows(Int32Array.of(2, 0))).toEqual(Float32Array.of(5, 6, 1, 2));
      for (const wrong of [-2, 3, 2 ** 30]) {
        // By name: the kernels' errors are of another realm than the tests.
        const error = expect.objectContaining({ name: 'RangeError' });
        expect(() => rows(Int32Array.of(0, wrong))).toThrow(error);
      }
    });
  });
});
