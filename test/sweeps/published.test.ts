import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { UserError, type UserErrors } from '../../src/base/index.js';
import type { Finding, LoadedSweep } from '../../src/config/index.js';
import { simulateInto } from '../../src/data/index.js';
import {
  checkPublished,
  publishedFor,
  publishedNotesFor,
  requirePapersData,
} from '../../src/sweeps/published.js';
import { temporaryFolder } from '../support/index.js';

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

describe('data of a paper', () => {
  it('are not a simulation that was kept under their name', async () => {
    const dataDir = temporaryFolder();
    await simulateInto({ world: 'quickstart', scale: 0.05, seed: 1 }, join(dataDir, 'paper'), 'paper');
    const on = (sweep: object, source: object): LoadedSweep =>
      ({
        ...loaded(published),
        sweep,
        cells: [{ loaded: { experiment: { data: { source } } } }],
      }) as unknown as LoadedSweep;
    const store = { store: 'paper' };
    const refused = 'the data set paper is simulated, and --on paper is for';
    await expect(requirePapersData(on({ published }, store), dataDir)).rejects.toThrow(refused);
    const claims = [{ requires: { data: ['other', 'paper'] } }];
    await expect(requirePapersData(on({ claims }, store), dataDir)).rejects.toThrow(refused);
    await requirePapersData(on({ published: { other: {} }, claims: [{}] }, store), dataDir);
    await requirePapersData(on({ published }, { world: 'quickstart' }), dataDir);
  });

  it('are imported first, or a stand-in is chosen', async () => {
    const { sweep, ...rest } = loaded(published);
    const cells = [{ loaded: { experiment: { data: { source: { store: 'micro' } } } } }];
    const on = { ...sweep, on: { paper: {}, world: {}, log: {} }, claims: [{ requires: { data: ['log'] } }] };
    await expect(
      requirePapersData({ ...rest, sweep: on, cells } as unknown as LoadedSweep, temporaryFolder()),
    ).rejects.toThrow(/data micro are not in [\s\S]*mvrec data import[\s\S]*--on world\./);
  });
});

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
