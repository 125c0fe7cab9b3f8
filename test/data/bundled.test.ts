import { expect, it } from '@jest/globals';
import { bundledCards, readBundledCards } from '../../src/data/index.js';

it('finds the cards of the package by the names of their files, which are their own', async () => {
  const names = (await bundledCards()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['example', 'kuairand-negfeedback', 'kwai']));
  expect(names).toEqual([...names].sort());
  for (const { name, card } of await readBundledCards()) expect(card.name).toBe(name);
});
