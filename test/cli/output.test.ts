import { describe, expect, it } from '@jest/globals';
import { formatTable } from '../../src/cli/output.js';

describe('formatTable', () => {
  it('aligns columns, wraps cells and leaves no blanks at line ends', () => {
    const columns = [
      { title: 'name' },
      { title: 'auc', align: 'right' as const },
      { title: 'note', width: 12 },
    ];
    const rows = [
      ['thacil', '0.7', 'longer than the column'],
      ['bpr', '0.6512', ''],
    ];
    expect(formatTable(columns, rows)).toBe(
      [
        'name       auc  note',
        'thacil     0.7  longer than',
        '                the column',
        'bpr     0.6512',
      ].join('\n'),
    );
  });
});
