/** What the papers' tables gave to a baseline is a preset of the paper's name. */
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadSweep } from '../../src/config/index.js';
import { type ModelName, modelInfo } from '../../src/models/options.js';
import { load } from '../config/write.js';
import { projectRoot } from '../support/index.js';

const experiments = join(projectRoot, 'experiments');
const papers = ['thacil', 'alpine', 'scaa', 'mtin', 'uvcan', 'frame'];
const all = Object.entries(modelInfo) as [ModelName, (typeof modelInfo)[ModelName]][];

/** The model under a preset and nothing else. */
async function under(name: string, preset: string) {
  const text = `data: { source: { world: quickstart } }\nmodel: { name: ${name} }\n`;
  return (await load({ 'a.yaml': text }, { presets: [preset] })).experiment;
}

describe('presets of tables', () => {
  // THACIL has the presets of its own paper, and so have ALPINE and MTIN where not FRAME's clips are their input.
  const rows = all.flatMap(([name, { tables }]) =>
    tables
      .map((table) => [name, table.split(' ')[0]!.toLowerCase()] as const)
      .filter(([, paper]) => !papers.includes(name) || (paper === 'frame' && name !== 'frame')),
  );

  it.each(rows)('%s has one of %s', (name, paper) => {
    expect(Object.keys(modelInfo[name].presets)).toContain(paper);
  });
});

describe('every preset', () => {
  it.each(all.flatMap(([name, { presets }]) => Object.keys(presets).map((preset) => [name, preset])))(
    '%s %s is a whole experiment',
    async (name, preset) => {
      const { values } = modelInfo[name as ModelName].presets[preset]!;
      const { model, train } = await under(name, preset);
      expect(model).toMatchObject(values.model ?? {});
      expect(train).toMatchObject(values.train ?? {});
    },
  );
});

describe('the rows of a table on its own data', () => {
  // What a data set of a table lacks or has besides is set in the rows: only rows without such are here.
  it.each([
    ['thacil/table2.yaml', 'microvideo', 'thacil', ['bpr', 'lstm', 'atrank', 'ncf']],
    ['alpine/table2.yaml', 'kuaishou', 'alpine', ['lstm', 'cnn', 'atrank']],
    ['alpine/table2.yaml', 'microvideo', 'alpine', ['bpr', 'ncf']],
    ['scaa/table1.yaml', 'kuaishou', 'scaa', ['atrank', 'ncf']],
    ['uvcan/table3.yaml', 'toffee-a', 'uvcan', ['ucf', 'bpr', 'wmf', 'ncf', 'widedeep']],
    [
      'frame/table3.yaml',
      'micro-video-a',
      'frame',
      ['deepfm', 'nfm', 'autoint', 'difm', 'afn', 'alpine', 'mtin'],
    ],
  ])('%s on %s are what the preset %s says', async (file, on, paper, names) => {
    const { cells } = await loadSweep({ file: join(experiments, file), on, env: {} });
    for (const name of names) {
      const { model, train } = await under(name, paper);
      const { optimizer, batchSize, batching, negatives } = train;
      const trained = { optimizer, batchSize, batching, negatives };
      const found = cells.map(({ loaded }) => loaded.experiment).filter((one) => one.model.name === name);
      expect(found).toContainEqual(
        expect.objectContaining({ model, train: expect.objectContaining(trained) }),
      );
    }
  });

  // MTIN's numbers are ALPINE's, and so are its rows: no sweep has these. Section 5.1: visual features, 128 wide, batches of 32.
  it('are not those of MTIN, whose input and steps are its own', async () => {
    const [bpr, ncf] = [await under('bpr', 'mtin'), await under('ncf', 'mtin')];
    expect(bpr.model).toMatchObject({ factors: 128, item: ['cover'], itemBias: false, head: 'product' });
    expect(bpr.train).toMatchObject({ batchSize: 32, negatives: { kind: 'logged', ratio: 1 } });
    expect(ncf.model).toMatchObject({ variant: 'NeuMF', factors: 128, layers: [256, 128], item: ['cover'] });
    expect(ncf.train).toMatchObject({ batchSize: 32, negatives: { kind: 'logged', ratio: 'all' } });
  });
});
