import { describe, expect, it } from '@jest/globals';
import { float32Text, float64Text, requireWritable } from '../../../src/data/export/text.js';
import { describeIf, effort, python } from '../../support/index.js';
import { fc } from '../../support/property.js';

/** Significant digits of a number's text. */
const digitsOf = (text: string): number =>
  text.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length;

describe('a float32 as text', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(1 / 3), '0.33333334'],
    [16_777_216, '16777216'],
    // The neighbours are 4 apart, so 33554430 is another number.
    [33_554_432, '33554432'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [-1.401298464324817e-45, '-1e-45'],
    [1.1754943508222875e-38, '1.1754944e-38'],
  ])('%p is %s', (x, text) => {
    expect(float32Text(x)).toBe(text);
  });

  it('parses back to the same, and one digit less would not', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => {
        const text = float32Text(x);
        expect(Object.is(Math.fround(Number(text)), x)).toBe(true);
        const digits = digitsOf(text);
        if (digits < 2) return;
        const shorter = Number(x.toPrecision(digits - 1));
        expect(Math.fround(shorter)).not.toBe(x);
      }),
      { numRuns: 400 * effort },
    );
  });
});

it.each([
  [0, '0'],
  [-0, '-0'],
  [1_700_000_000_123, '1700000000123'],
  [0.1 + 0.2, '0.30000000000000004'],
  [1e21, '1e+21'],
])('the float64 %p is %s', (x, text) => {
  expect(float64Text(x)).toBe(text);
});

const numpy = python('numpy');
describeIf(numpy.exists, numpy.reason)('numpy', () => {
  it('writes float32 with as many digits', () => {
    const program = `
import numpy, json
bits = numpy.random.default_rng(1).integers(0, 2**32, 3000, dtype=numpy.uint32)
x = bits.view(numpy.float32); x = x[numpy.isfinite(x)]
print(json.dumps([[float(v), numpy.format_float_scientific(v, unique=True, trim='-')] for v in x]))`;
    for (const [value, theirs] of JSON.parse(numpy.run(program)) as [number, string][]) {
      expect([value, digitsOf(float32Text(value))]).toEqual([value, digitsOf(theirs)]);
    }
  });
});

describe('an identifier', () => {
  const format = { signs: /[\s"]/, why: 'it cannot quote', words: new Set(['NA']), misread: 'it is lost' };
  it.each([
    ['a b', 'the item "a b" cannot be written: it holds " ", and it cannot quote'],
    ['NA', 'the item "NA" cannot be written: it is lost'],
    ['"', 'the item "\\"" cannot be written: it holds "\\"", and it cannot quote'],
  ])('%j that would not come back is named', (id, message) => {
    expect(() => requireWritable('item', ['fine', id], format)).toThrow(message);
  });

  it('of other signs is fine', () => {
    expect(() => requireWritable('user', ['7', 'ünï', 'nan', "o'x"], format)).not.toThrow();
  });
});
