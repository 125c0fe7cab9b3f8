import { expect, it } from '@jest/globals';
import { openEngine } from '../../src/engine/index.js';
import { cases, describeConformance } from './conformance.js';
import { operations } from './operations.js';

describeConformance(() => openEngine({ name: 'cpu', threads: 'auto' }));

it('tests every case that conformance.py wrote, and no other', () => {
  expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(operations).sort());
});
