/** The log of this side's settings, as the comparison has imported it, and a check that its pairs were learnt. */
import { join } from 'node:path';
import { randomStream } from '../../dist/base/index.js';
import { openSharedLog } from '../lib/sharedLog.mjs';
import { settings } from './side.mjs';

const cards = { microlens: 'microlens-50k', kwai: 'kwai' };

export const openLog = () => openSharedLog(cards[settings.log], join(settings.folder, settings.log));

/** Share of couples (a train row's item, any item) that the scores rank rightly. */
export function shareInOrder({ split, store }, score) {
  const { user, item } = store.interactions;
  const random = randomStream('bench', 'inOrder');
  const couples = 20_000;
  let right = 0;
  for (let i = 0; i < couples; i++) {
    const row = split.train[random.int(split.train.length)];
    if (score(user[row], item[row]) > score(user[row], random.int(store.itemIds.length))) right++;
  }
  return right / couples;
}
