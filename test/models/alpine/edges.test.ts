import { expect, it } from '@jest/globals';
import { similarEdges } from '../../../src/layers/index.js';
import { EdgeFinder, type EdgeRule } from '../../../src/models/alpine/edges.js';
import { batchOf } from '../../support/batches.js';
import { wave } from '../../support/gradients.js';

// Few values, so that many are equally far.
const vectors = wave([20, 3], 1, 2).map(Math.round);
const full: EdgeRule = (items) => similarEdges(vectors, 3, items, { excludesPrevious: true });

it('edges of a batch are those of each sequence, whatever was seen before of the users', () => {
  const asked: [number, number][] = [];
  const finder = new EdgeFinder((items, known) => {
    asked.push([known?.length ?? 0, items.length]);
    return similarEdges(vectors, 3, items, { excludesPrevious: true, ...(known && { known }) });
  });
  const list = [3, 7, 11, 2, 3, 19, 8];
  const check = (contexts: readonly (readonly [user: number, history: number[]])[], steps: number): void => {
    const batch = batchOf(
      contexts.map(([user, history]) => ({ user, history, candidates: [[0, 1]] })),
      9,
    );
    const expected = contexts.flatMap(([, history]) => {
      const edges = [...full(Int32Array.from(history))];
      return [...edges, ...Array(steps - edges.length).fill(0)];
    });
    expect([...finder.of(batch, 0, steps)]).toEqual(expected);
  };
  check(
    [
      [0, list.slice(0, 5)],
      [1, []],
    ],
    5,
  );
  check([[0, list]], 7); // longer: only what is new
  check(
    [
      [0, list.slice(0, 3)],
      [0, list.slice(0, 6)],
    ],
    6,
  ); // the beginnings of what is known
  check(
    [
      [1, [5, 1, 4, 12]],
      [0, [9, 7, 11, 2]],
    ],
    4,
  ); // another list
  expect(asked).toEqual([
    [0, 5],
    [0, 0],
    [5, 7],
    [0, 4],
    [0, 4],
  ]);
});

it('edges of windows that move on are those of each window, and only what left or came is searched', () => {
  const list = Array.from({ length: 80 }, (_, t) => (t * t + 3 * t) % 17);
  let searched = 0;
  const finder = new EdgeFinder((items, known) => {
    searched += items.filter((_, t) => t >= 2 && (known?.[t] ?? -1) < 0).length;
    return similarEdges(vectors, 3, items, { excludesPrevious: true, ...(known && { known }) });
  });
  const check = (starts: readonly number[]): void => {
    for (const start of starts) {
      const history = list.slice(start, start + 20);
      const batch = batchOf([{ user: 0, history, candidates: [[0, 1]] }], 20);
      expect([...finder.of(batch, 0, 20)]).toEqual([...full(Int32Array.from(history))]);
    }
  };
  check([...Array(40).keys()]);
  expect(searched).toBeLessThan((40 * 18) / 3);
  check([2, 5, 20, 21, 30, 29, 3, 40, 58, 0]);
});
