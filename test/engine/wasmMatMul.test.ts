import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { transposeBeforeWasmMatMul } from '../../src/engine/wasmMatMul.js';

const wave = (shape: number[], phase: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, n) => Math.sin(phase + 0.7 * n)),
    shape,
  );

describe('products of transposed matrices on wasm', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
    transposeBeforeWasmMatMul();
    transposeBeforeWasmMatMul();
  });

  // Sizes with the smaller factor on either side; the batched form as well.
  it.each([
    { batch: [], rows: 7, inner: 3, columns: 2 },
    { batch: [], rows: 2, inner: 3, columns: 7 },
    { batch: [], rows: 1, inner: 3, columns: 1 },
    { batch: [4], rows: 3, inner: 5, columns: 2 },
  ])('agree with their definition: $batch $rows x $inner x $columns', ({ batch, rows, inner, columns }) => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const before = tf.backend().numDataIds();
        const a = wave([...batch, ...(transposeA ? [inner, rows] : [rows, inner])], 1);
        const b = wave([...batch, ...(transposeB ? [columns, inner] : [inner, columns])], 2);
        const product = tf.matMul(a, b, transposeA, transposeB);
        const [x, y, found] = [a.dataSync(), b.dataSync(), product.dataSync()];
        for (let k = 0; k < (batch[0] ?? 1); k++) {
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              let sum = 0;
              for (let t = 0; t < inner; t++) {
                const left = k * rows * inner + (transposeA ? t * rows + i : i * inner + t);
                const right = k * inner * columns + (transposeB ? j * inner + t : t * columns + j);
                sum += x[left]! * y[right]!;
              }
              expect(found[(k * rows + i) * columns + j]).toBeCloseTo(sum, 5);
            }
          }
        }
        tf.dispose([a, b, product]);
        expect(tf.backend().numDataIds()).toBe(before);
      }
    }
  });
});
