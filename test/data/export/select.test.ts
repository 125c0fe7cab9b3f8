import { describe, expect, it } from '@jest/globals';
import { HistoryFinder } from '../../../src/data/history.js';
import { ofDataSet, ofExperiment, prepare, type Store } from '../../../src/data/index.js';
import { fc } from '../../support/property.js';
import { arbitraryStore } from '../arbitrary.js';
import { causalHistory } from '../fixture.js';
import { origin, tiny } from './tiny.js';

const options = { label: null, historyLength: null, positives: false, origin };
const { part: _, ...interactions } = tiny.interactions;
const unparted: Store = { ...tiny, interactions };

describe('the histories of an experiment', () => {
  it('are what was clicked before, as models see it', () => {
    fc.assert(
      fc.property(arbitraryStore, fc.integer({ min: 1, max: 9 }), (store, length) => {
        let prepared: ReturnType<typeof prepare>;
        try {
          prepared = prepare(store, { label: 'is_click', split: { kind: 'leaveOneOut' } });
        } catch {
          return; // too few rows for three parts
        }
        const exported = ofExperiment(prepared, { ...options, label: 'is_click', historyLength: length });
        const [history] = exported.histories;
        const finder = new HistoryFinder(prepared, {
          length,
          sample: 'recent',
          target: 'causal',
          prefixes: 'separate',
        });
        for (let row = 0; row < store.interactions.rows; row++) {
          const found = [...history!.item.subarray(history!.start(row), history!.end(row))];
          expect(found).toEqual(causalHistory(prepared, row).slice(-length));
          finder.locate(row, 0);
          const seen = new Int32Array(finder.length);
          finder.copy(seen, 0, () => {
            throw new Error('nothing is drawn');
          });
          expect(found).toEqual([...seen]);
        }
      }),
    );
  });

  it('may be those that came with the log', () => {
    const split = { kind: 'time', scope: 'user', train: 0.8, validation: 0.1 } as const;
    const prepared = prepare(tiny, { label: 'is_click', history: 'seen', split });
    const { histories } = ofExperiment(prepared, { ...options, label: 'is_click', historyLength: 2 });
    const [{ item, start, end }] = histories as [(typeof histories)[number]];
    expect(Array.from({ length: 7 }, (_, row) => [...item.subarray(start(row), end(row))])).toEqual([
      [],
      [2],
      [2, 1],
      [1, 0],
      [],
      [],
      [0],
    ]);
  });
});

describe('a data set', () => {
  it('has its published parts, is_click for a label, and no histories unless asked', () => {
    expect(ofDataSet(tiny, options)).toMatchObject({
      parts: { train: Int32Array.of(0, 1, 4), validation: Int32Array.of(2, 5), test: Int32Array.of(3, 6) },
      label: 'is_click',
      histories: [],
    });
    expect(ofDataSet(unparted, { ...options, label: 'watched' })).toMatchObject({
      parts: null,
      label: 'watched',
    });
  });

  it('may be cut to its positive rows', () => {
    expect(ofDataSet(tiny, { ...options, positives: true }).parts).toEqual({
      train: Int32Array.of(0, 4),
      validation: Int32Array.of(2),
      test: Int32Array.of(6),
    });
  });

  it.each([
    [tiny, { label: 'is_clik' }, 'the data set has no column is_clik'],
    [unparted, { positives: true }, 'only rows in parts and with a label can be left out'],
    [{ ...tiny, histories: {} }, { historyLength: 5 }, 'the data set came without histories'],
  ])('cannot give what it has not', (store, change, message) => {
    expect(() => ofDataSet(store, { ...options, ...change })).toThrow(message);
  });
});
