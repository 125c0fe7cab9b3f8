import { expect, it } from '@jest/globals';
import { RangeMaximum } from '../../../src/data/audit/rangeMaximum.js';
import { fc } from '../../support/property.js';

it('finds the largest of any stretch, of one list after another', () => {
  const maximum = new RangeMaximum();
  const lists = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 120 });
  fc.assert(
    fc.property(lists, fc.nat(), fc.nat(), (list, a, b) => {
      const begin = a % list.length;
      const end = begin + 1 + (b % (list.length - begin));
      maximum.reset(list.length).set(list);
      maximum.build();
      const at = maximum.at(begin, end);
      expect(at).toBeGreaterThanOrEqual(begin);
      expect(at).toBeLessThan(end);
      expect(list[at]).toBe(Math.max(...list.slice(begin, end)));
    }),
  );
});
