import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { writeEntries } from '../../src/data/index.js';

describe('YAML with reasons', () => {
  it('stands beside short lines and above long ones', () => {
    const text = writeEntries(
      ['A heading.', '', 'Its end.'],
      [
        { path: ['name'], value: 'mine', why: 'because' },
        { path: ['a', 'b'], value: { c: 1 }, why: 'word '.repeat(22).trim() },
        { path: ['a', 'd'], value: ['x'] },
      ],
      [[], ['The end.']],
    );
    const long = `  # ${'word '.repeat(21).trim()}\n  # word`;
    expect(text).toBe(
      `# A heading.\n#\n# Its end.\n\nname: mine # because\na:\n${long}\n  b: { c: 1 }\n  d: [ x ]\n\n# The end.\n`,
    );
  });

  it('gives back every value, whatever it looks like', () => {
    const values = [
      'yes',
      '1',
      '',
      '# no',
      'a: b',
      'line\nbreak',
      '"',
      "'",
      ' x ',
      '中文',
      '- a',
      '{',
      'null',
      '~',
    ];
    const entries = values.map((value, i) => ({ path: ['values', `key ${i}`], value, why: `${value} why` }));
    const text = writeEntries(['x'], entries, []);
    expect(Object.values(parse(text).values)).toEqual(values);
  });

  it('keeps a comment a comment', () => {
    const text = writeEntries(['a\nb: 1'], [{ path: ['c'], value: 2, why: 'x\r\ny: 3' }], [['\u0085z: 4']]);
    expect(parse(text)).toEqual({ c: 2 });
  });
});
