import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { ParameterSet } from '../../src/engine/index.js';
import { embedSlots, type Field, type FieldEmbedding, fieldEmbedding } from '../../src/layers/index.js';
import { describeEngines, useEngine } from '../support/engines.js';
import { expectGradients, expectValues, fillWithWaves, waves, weigh } from '../support/gradients.js';

const vectors = Float32Array.of(1, 0, 0, 1, 2, 3, 0, 0);
const fields = {
  author: { kind: 'value', name: 'author', values: Int32Array.of(2, 0, -1, 2), rows: 3, unknown: 'zero' },
  music: { kind: 'value', name: 'music', values: Int32Array.of(1, -1, 0, -1), rows: 2, unknown: 'learned' },
  tags: {
    kind: 'tags',
    name: 'tags',
    offsets: Int32Array.of(0, 2, 2, 5, 6),
    values: Int32Array.of(0, 1, 1, 1, 2, 2),
    rows: 4,
  },
  cover: {
    kind: 'vector',
    name: 'cover',
    width: 2,
    rows: (ids: Int32Array) =>
      Float32Array.from([...ids].flatMap((id) => [...vectors.slice(2 * id, 2 * id + 2)])),
  },
} as const satisfies Record<string, Field>;

const ids = Int32Array.of(3, 0, 1, 2);

describeEngines('fields', (engine) => {
  beforeAll(() => useEngine(engine));

  function embedded(field: Field, activation: 'linear' | 'tanh' | 'relu' = 'linear') {
    const parameters = new ParameterSet(1);
    const field1 = fieldEmbedding(parameters, 'f', field, { width: 2, init: waves(1), activation });
    return { parameters, field: field1 };
  }

  it('of one value give its row, and nothing for none', () => {
    const { parameters, field } = embedded(fields.author);
    parameters.tables[0]!.data.set([1, 2, 3, 4, 5, 6]);
    expectValues(field.embed(ids), [5, 6, 5, 6, 1, 2, 0, 0]);
    expectValues(field.embed(Int32Array.of(2)), [0, 0]);
    // Each row once; the one for none is zero, and L2 does not see it.
    expectValues(field.usedRows(ids)[0]!, [5, 6, 1, 2, 0, 0]);
    parameters.dispose();
  });

  it('of one value give a row of its own for none, where that is learned', () => {
    const { parameters, field } = embedded(fields.music);
    parameters.tables[0]!.data.set([1, 2, 3, 4]);
    parameters.tables[1]!.data.set([7, 8]);
    expectValues(field.embed(ids), [7, 8, 3, 4, 7, 8, 1, 2]);
    expectValues(field.embed(Int32Array.of(1)), [7, 8]);
    expectValues(field.embed(Int32Array.of(2, 0)), [1, 2, 3, 4]);
    // L2 sees it once, and only where somebody has no value.
    expectValues(field.usedRows(ids)[0]!, [7, 8, 3, 4, 1, 2]);
    expectValues(field.usedRows(Int32Array.of(2, 0))[0]!, [1, 2, 3, 4]);
    parameters.dispose();
  });

  it('of tags give the mean of their rows, repeated ones counted again, and nothing for none', () => {
    const { parameters, field } = embedded(fields.tags);
    parameters.tables[0]!.data.set([1, 2, 10, 20, 100, 200, 7, 7]);
    expectValues(field.embed(ids), [100, 200, 5.5, 11, 0, 0, 40, 80]);
    expectValues(field.embed(Int32Array.of(1)), [0, 0]);
    expectValues(field.usedRows(Int32Array.of(2, 3))[0]!, [10, 20, 100, 200]);
    parameters.dispose();
  });

  it('of vectors go through a linear map with a bias, and an activation', () => {
    const held = { ...fields.cover, matrix: vectors };
    for (const cover of [fields.cover, held]) {
      for (const activation of ['linear', 'tanh', 'relu'] as const) {
        const { parameters, field } = embedded(cover, activation);
        parameters.setDense('f.weight', tf.tensor2d([0.1, -0.2, 0.3, 0.4], [2, 2]));
        parameters.setDense('f.bias', tf.tensor1d([0.5, -0.6]));
        const act = { linear: (x: number) => x, tanh: Math.tanh, relu: (x: number) => Math.max(0, x) }[
          activation
        ];
        expectValues(field.embed(ids), [0.5, -0.6, 0.6, -0.8, 0.8, -0.2, 1.6, 0.2].map(act));
        expect(field.usedRows(ids)).toEqual([]);
        parameters.dispose();
      }
    }
  });

  it.each(['linear', 'tanh', 'relu'] as const)(
    'stand one beside another, with their gradients: %s',
    async (activation) => {
      const parameters = new ParameterSet(1);
      const all = Object.values(fields).map(
        (field): FieldEmbedding =>
          fieldEmbedding(parameters, `f.${field.name}`, field, { width: 3, init: waves(1), activation }),
      );
      fillWithWaves(parameters);
      const slots = embedSlots(all, ids);
      expect(slots.shape).toEqual([4, 12]);
      expectValues(slots.slice([0, 3], [-1, 3]), [...all[1]!.embed(ids).dataSync()]);
      await expectGradients(parameters, () => weigh(embedSlots(all, ids)));
      parameters.dispose();
    },
  );

  it('ask the table for each row once, however many share it', async () => {
    const { parameters, field } = embedded(fields.author);
    const { rows, flat } = await parameters.gradients(() => weigh(field.embed(Int32Array.of(0, 3, 0, 2))));
    expect(rows.map(({ rows: taken }) => [...taken])).toEqual([[2, -1]]);
    flat.dispose();
    parameters.dispose();
  });
});

describe('a field', () => {
  beforeAll(() => useEngine('cpu'));

  it('names its weights', () => {
    const parameters = new ParameterSet(1);
    for (const field of Object.values(fields)) {
      fieldEmbedding(parameters, `video.${field.name}`, field, {
        width: 3,
        init: waves(1),
        activation: 'tanh',
      });
    }
    expect(parameters.tables.map(({ name, rows, width }) => [name, rows, width])).toEqual([
      ['video.author.embedding', 3, 3],
      ['video.music.embedding', 2, 3],
      ['video.music.unknown', 1, 3],
      ['video.tags.embedding', 4, 3],
    ]);
    expect(parameters.dense.map(({ name, shape }) => [name, shape])).toEqual([
      ['video.cover.weight', [2, 3]],
      ['video.cover.bias', [3]],
    ]);
    parameters.dispose();
  });
});
