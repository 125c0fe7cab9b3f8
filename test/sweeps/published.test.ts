import { describe, expect, it } from '@jest/globals';
import { UserError, type UserErrors } from '../../src/base/index.js';
import type { Finding, LoadedSweep } from '../../src/config/index.js';
import { checkPublished, publishedFor, publishedNotesFor } from '../../src/sweeps/published.js';

const published = { paper: { A: { auc: 0.7 } } };

function loaded(numbers: object, on = 'paper', publishedNotes = {}): LoadedSweep {
  return {
    sweep: { name: 's', published: numbers, publishedNotes, on: { paper: {}, world: {} } },
    on: { name: on, title: '', control: false },
    cells: [{ label: 'A' }, { label: 'B' }],
    mistake: ({ path, problem, fix }: Finding) => new UserError(`${String(path)}: ${problem}`, fix),
  } as unknown as LoadedSweep;
}

/** Problems of the check. */
function problems(numbers: object, notes = {}): string[] {
  try {
    checkPublished(loaded(numbers, 'paper', notes), ['auc']);
  } catch (error) {
    return (error as UserErrors).all.map(({ problem }) => problem);
  }
  return [];
}

describe('published numbers', () => {
  it('are those of the data that the sweep runs on', () => {
    expect(publishedFor(loaded(published))).toEqual(published.paper);
    expect(publishedFor(loaded(published, 'world'))).toBeNull();
    expect(publishedFor({ ...loaded(published), on: null })).toBeNull();
  });

  it('have notes, of data with numbers', () => {
    const notes = { paper: ['rounded'] };
    expect(publishedNotesFor(loaded(published, 'paper', notes))).toEqual(['rounded']);
    expect(publishedNotesFor(loaded(published, 'world', notes))).toEqual([]);
    expect(problems(published, notes)).toEqual([]);
    expect(problems(published, { world: ['rounded'] })).toEqual([
      'publishedNotes,world: the sweep has no data world',
    ]);
  });

  it('name data, rows and columns of the sweep', () => {
    expect(problems(published)).toEqual([]);
    expect(problems({ papr: { A: { auc: 0.7 } }, paper: { C: { auc: 0.7 }, B: { gauc: 0.6 } } })).toEqual([
      'published,papr: the sweep has no data papr',
      'published,paper,C: the sweep has no row C',
      'published,paper,B,gauc: the sweep has no column gauc',
    ]);
  });
});
