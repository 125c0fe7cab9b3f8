import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { openSource, prepare } from '../../src/data/index.js';
import { describeIf, projectRoot, sharedData, temporaryFolder } from '../support/index.js';

// Expected counts: RecBole's and Cornac's leave-one-out splits of the same files, and a count in plain Python.
const logs = [
  {
    name: 'microlens-50k',
    bundled: 'microlens-50k-subset',
    users: 49_887,
    items: 19_217,
    train: 259_274,
    test: 49_887,
    unseen: 2_310,
  },
  { name: 'kwai', bundled: 'kwai', users: 7_010, items: 86_483, train: 285_572, test: 6_460, unseen: 1_060 },
];

for (const { name, bundled, ...expected } of logs) {
  const shared = sharedData(name, 'interactions.csv');
  describeIf(shared.exists, shared.reason)(`${name}, a log of positives in order`, () => {
    it(`leaves ${expected.test} rows out, ${expected.unseen} of them with an item that is not in train`, async () => {
      const card = join(projectRoot, 'datasets', `${bundled}.yaml`);
      const store = await openSource({ card, from: dirname(shared.path) }, { dataDir: temporaryFolder() });
      const { split, warmItems, label } = prepare(store, {
        label: 'is_positive',
        split: { kind: 'leaveOneOut' },
      });
      expect(label.every((value) => value === 1)).toBe(true);
      expect({
        users: store.userIds.length,
        items: store.itemIds.length,
        train: split.train.length,
        test: split.test.length,
        unseen: split.test.filter((row) => !warmItems[store.interactions.item[row]!]).length,
      }).toEqual(expected);
      expect(split.validation.length).toBe(expected.test);
    });
  });
}
