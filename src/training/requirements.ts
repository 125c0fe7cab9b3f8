import { UserError } from '../base/index.js';
import type { Experiment } from '../config/index.js';
import type { PreparedData } from '../data/index.js';
import { metricsOfScores } from '../evaluation/index.js';

/**
 * What the data must have for training to mean anything.
 *
 * @throws UserError when the train part has one class only, or the part that selects the epoch does not define the
 * monitor
 */
export function requireLearnable({ train, data: { label } }: Experiment, data: PreparedData): void {
  const first = data.label[data.split.train[0]!];
  if (data.split.train.every((row) => data.label[row] === first)) {
    throw new UserError(
      `${label} is ${first} in every train row: there is nothing to learn`,
      'Choose another data.label, or data.split.',
    );
  }
  if (train.selectOn === 'last') return;
  const rows = data.split[train.selectOn];
  const undecided = new Float64Array(rows.length).fill(0.5);
  if (metricsOfScores(data, rows, undecided, [train.monitor])[train.monitor] === null) {
    throw new UserError(
      `train.monitor ${train.monitor} is undefined on ${train.selectOn}, whose rows hold too few of one label`,
      'Choose another monitor (logloss is always defined), another data.split, or train.selectOn: last.',
    );
  }
}
