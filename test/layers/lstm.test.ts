import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { randomStream } from '../../src/base/index.js';
import { orthogonal, ParameterSet } from '../../src/engine/index.js';
import { lstm, similarEdges, similarEdgesOfCategories, temporalGraphLstm } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectValues } from '../support/gradients.js';

describeEngines('temporal-graph LSTM', (engine) => {
  beforeAll(() => useEngine(engine));

  it.each([
    ['previous', [0.9566025, 1.0297926], [1.2385895, 1.0484158]],
    ['linkedMain', [1.0986562, 1.0602059], [1.1005191, 0.9273059]],
    ['linkedStar', [0.9566025, 1.0297926], [0.9383415, 0.9044814]],
  ] as const)('gives the dossier’s numbers: %s', (edgeCell, second, last) => {
    // Appendix B.3 of the model dossier: X = par1(0, [5, 2]), edges [0, 0, 0, 1, 0], gate k of (i, f, o, u). Those of
    // linkedMain and linkedStar by the same loop in numpy with another memory.
    const par = (v: number, size: number, amplitude = 0.5): number[] =>
      Array.from({ length: size }, (_, n) => amplitude * Math.sin(1 + v + 0.7 * n));
    const parameters = new ParameterSet(1);
    const layer = temporalGraphLstm(parameters, 'g', { inputs: 2, units: 2, edgeCell });
    const order = [0, 1, 3, 2]; // our gates i, f, g, o among the dossier's i, f, o, u
    const sideBySide = (first: number): tf.Tensor2D =>
      tf.concat(
        order.map((k) => tf.tensor2d(par(first + 6 * k, 4), [2, 2])),
        1,
      );
    for (const [cell, v] of [
      ['main', 20],
      ['star', 23],
    ] as const) {
      parameters.setDense(`g.${cell}.input`, sideBySide(v));
      parameters.setDense(`g.${cell}.state`, sideBySide(v + 1));
      parameters.setDense(`g.${cell}.bias`, tf.ones([8]));
    }
    const h = layer.apply(
      tf.tensor3d(par(0, 10, 1), [1, 5, 2]),
      Int32Array.of(5),
      Int32Array.of(0, 0, 0, 1, 0),
    );
    const at = (t: number): tf.Tensor => h.slice([0, t, 0], [1, 1, 2]);
    expectValues(at(0), [0.6289239, 0.6711947]);
    expectValues(at(1), second);
    expectValues(at(4), last);
  });

  it('gives a prefix the same states as the whole', () => {
    const parameters = new ParameterSet(1);
    const layer = temporalGraphLstm(parameters, 'g', { inputs: 3, units: 5, edgeCell: 'linkedMain' });
    const x = tf.randomNormal<tf.Rank.R3>([1, 6, 3], 0, 1, 'float32', 1);
    const edges = Int32Array.of(0, 0, 1, 1, 0, 3);
    const whole = layer.apply(x, Int32Array.of(6), edges);
    const prefix = layer.apply(x.slice([0, 0, 0], [1, 4, 3]), Int32Array.of(4), edges.slice(0, 4));
    expect(prefix.dataSync()).toEqual(whole.dataSync().slice(0, 20));
  });
});

describe('LSTM', () => {
  beforeAll(() => useEngine('cpu'));

  it('begins with orthogonal states, an open forget gate, and Glorot limits by gate', () => {
    const parameters = new ParameterSet(3);
    lstm(parameters, 'l', { inputs: 4, units: 3 });
    const [input, state, bias] = parameters.dense.map((parameter) => [...parameter.value().dataSync()]);
    expect(bias).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    expect(Math.max(...input!.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 7));
    for (let gate = 0; gate < 4; gate++) {
      const matrix = tf.tensor2d(state!, [3, 12]).slice([0, 3 * gate], [3, 3]);
      expectValues(tf.matMul(matrix, matrix, true, false), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
    }
  });

  it.each([
    [2, 5],
    [5, 2],
  ])('an orthogonal matrix of %s x %s has orthonormal vectors along its shorter side', (rows, columns) => {
    const q = tf.tensor2d(orthogonal([rows, columns], randomStream('a')), [rows, columns]);
    expectValues(rows < columns ? tf.matMul(q, q, false, true) : tf.matMul(q, q, true, false), [1, 0, 0, 1]);
  });
});

describe('similar edges', () => {
  // On a line, at 0, 10, 1, 9, 9, 2: worked out by hand. Items name rows in another order.
  const vectors = Float32Array.of(2, 9, 1, 10, 0);
  const items = Int32Array.of(4, 3, 2, 1, 1, 0);

  it('lead to the nearest of all earlier ones, or of those before the previous', () => {
    expect([...similarEdges(vectors, 1, items, { excludesPrevious: false })]).toEqual([0, 0, 0, 1, 3, 2]);
    expect([...similarEdges(vectors, 1, items, { excludesPrevious: true })]).toEqual([0, 0, 0, 1, 1, 2]);
  });

  it.each([1, 7, 16, 37, 64])('agree with the definition, %i numbers wide', (width) => {
    const random = randomStream('edges', width);
    // Whole numbers, so that many are equally far and sums are exact in any order.
    const table = Float32Array.from({ length: 20 * width }, () => random.int(4));
    const list = Int32Array.from({ length: 40 }, () => Math.floor(random.uniform() * 20));
    const distance = (a: number, b: number): number =>
      [...Array(width).keys()].reduce(
        (sum, c) => sum + (table[a * width + c]! - table[b * width + c]!) ** 2,
        0,
      );
    for (const excludesPrevious of [false, true]) {
      const expected = Array.from(list, (item, t) => {
        const distances = Array.from(
          list.slice(0, excludesPrevious ? Math.max(1, t - 1) : Math.max(1, t)),
          (other) => distance(item, other),
        );
        return distances.indexOf(Math.min(...distances));
      });
      expect([...similarEdges(table, width, list, { excludesPrevious })]).toEqual(expected);
    }
  });

  it('do not depend on what comes later', () => {
    const all = similarEdges(vectors, 1, items, { excludesPrevious: true });
    const beginning = similarEdges(vectors, 1, items.slice(0, 4), { excludesPrevious: true });
    expect([...beginning]).toEqual([...all.slice(0, 4)]);
    expect(similarEdges(vectors, 1, items, { excludesPrevious: true, known: beginning })).toEqual(all);
  });
});

describe('similar edges of categories', () => {
  // Item: colour, size. Item 3 is of unknown colour, which is like no other, not even itself.
  const categories = [Int32Array.of(0, 1, 0, -1), Int32Array.of(5, 5, 6, 6)];
  it.each([
    // 2: differs from 0 in size, from 1 in both. 1: shares its size with 0. 3: shares its size with 2.
    [true, [0, 1, 2, 1, 3], [0, 0, 0, 1, 2]],
    [false, [0, 1, 2, 1, 3], [0, 0, 0, 1, 2]],
    // Equal items at once, where the predecessor may be linked; else the first of those that are as far.
    [true, [1, 0, 2, 2], [0, 0, 0, 1]],
    [false, [1, 0, 2, 2], [0, 0, 1, 2]],
    [false, [3, 2, 3, 3], [0, 0, 0, 0]],
  ])('counts differences, without the predecessor: %s', (excludesPrevious, items, expected) => {
    const edges = similarEdgesOfCategories(categories, Int32Array.from(items), { excludesPrevious });
    expect([...edges]).toEqual(expected);
  });
});
