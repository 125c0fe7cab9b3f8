import { UserError } from '../base/index.js';
import type { Experiment } from '../config/index.js';
import {
  type Candidates,
  type PreparedData,
  partNames,
  type SplitName,
  usersWithAll,
} from '../data/index.js';
import { metricsOfScores } from '../evaluation/index.js';
import { partsOf, usesOf } from '../models/index.js';

/**
 * What the data must have for training to mean anything.
 *
 * @throws UserError when the train part has one class only and negatives are not drawn, or the part that selects the
 * epoch does not define the monitor; SCAA finds neither likes nor follows in the train part; the label is among the model's fields; or the optimiser or the negatives are none that the
 * model can be trained by
 */
export function requireLearnable(
  { model, train, evaluate, data: { label } }: Experiment,
  data: PreparedData,
): void {
  if (usesOf(model).columns?.includes(label)) {
    throw new UserError(
      `${label} is what the model is to predict (data.label), and among model.contextFields`,
      'Leave it out there: a field is known when the item is shown.',
    );
  }
  const first = data.label[data.split.train[0]!];
  // WMF contrasts what was chosen with all that was not, others with a set of items.
  const drawn =
    first === 1 && (train.negatives.kind !== 'logged' || model.name === 'wmf' || contrastsPositives(model));
  if (!drawn && data.split.train.every((row) => data.label[row] === first)) {
    throw new UserError(
      `${label} is ${first} in every train row: there is nothing to learn`,
      first === 1
        ? 'Use train.negatives.kind: uniform, or choose another data.label or data.split.'
        : 'Choose another data.label, or data.split.',
    );
  }
  if (model.name === 'frame' && train.negatives.kind !== 'logged') {
    throw new UserError(
      `frame learns from how much of a video was watched, which a drawn negative (train.negatives.kind: ${train.negatives.kind}) does not tell`,
      'Use train.negatives.kind: logged.',
    );
  }
  if (model.name === 'scaa') requireLevels(model, data);
  if (model.name === 'bpr' && model.update === 'couple') requirePlainSgd(train);
  if (train.selectOn === 'last') return;
  const rows = data.split[train.selectOn];
  if (evaluate.candidates.kind !== 'impressions') {
    if (rows.some((row) => data.label[row] === 1)) return;
    throw new UserError(
      `no row of ${train.selectOn} has ${label} 1, so there is nothing to find among the candidates`,
      'Choose another data.split, or train.selectOn: last.',
    );
  }
  const undecided = new Float64Array(rows.length).fill(0.5);
  if (metricsOfScores(data, rows, undecided, [train.monitor])[train.monitor] === null) {
    throw new UserError(
      `train.monitor ${train.monitor} is undefined on ${train.selectOn}, whose rows hold too few of one label`,
      positivesOnly(data)
        ? 'Rank positives among a catalogue: evaluate.candidates.kind: catalogue, with metrics such as ndcg@10.'
        : 'Choose another monitor (logloss is always defined), another data.split, or train.selectOn: last.',
    );
  }
}

/** Which users training leaves out, having nothing to contrast their positives with; null: none. */
export function skippedUsers({ train }: Pick<Experiment, 'train'>, data: PreparedData): string | null {
  const skipped = train.negatives.kind === 'logged' ? [] : usersWithAll(data);
  if (skipped.length === 0) return null;
  const who =
    skipped.length === 1 ? `user ${data.store.userIds[skipped[0]!]} has` : `${skipped.length} users have`;
  const them = skipped.length === 1 ? 'this user' : 'them';
  return `${who} a positive row with every item of the train part, so no negative can be drawn; training leaves ${them} out`;
}

/**
 * SCAA's third head is made of likes and follows, so without any it is ALPINE-Base with a head of zeros.
 *
 * @throws UserError when it has the head and the train part neither likes nor follows
 */
function requireLevels(model: Extract<Experiment['model'], { name: 'scaa' }>, data: PreparedData): void {
  const { liked, followed } = model;
  if (partsOf(model).interest === null) return;
  if ([liked, followed].some((column) => data.histories({ column }).trainItem.length > 0)) return;
  throw new UserError(
    `no train row of ${data.store.name} has ${liked} or ${followed} above 0 (model.liked, model.followed): SCAA's attention has nothing to attend to`,
    'Use model: { name: alpine, variant: ALPINE_Base }, which is SCAA without it, or other columns, data.filter or data.split.',
  );
}

/** Whether positives are contrasted with other items than those of train.negatives. */
const contrastsPositives = (model: Experiment['model']): boolean =>
  (model.name === 'sasrec' || model.name === 'gru4rec') && !['bce', 'bpr'].includes(model.loss);

/** @throws UserError when a file of candidates has no lists for the part that chooses the epoch */
export function requireLists({ selectOn }: Experiment['train'], candidates: Candidates): void {
  if (selectOn === 'last' || candidates.kind !== 'file') return;
  if (candidates.lists[selectOn].anchor.length > 0) return;
  throw new UserError(
    `${candidates.path} has no lists for ${selectOn}, which chooses the epoch`,
    'Add some (mvrec data candidates writes those of both parts), or use train.selectOn: last.',
  );
}

/** @throws UserError when a file of candidates has lists for none of the parts that are to be evaluated */
export function requireAnyLists(splits: readonly SplitName[], candidates: Candidates): void {
  if (candidates.kind !== 'file' || splits.some((split) => candidates.lists[split].anchor.length > 0)) return;
  const others = partNames.filter((part) => candidates.lists[part].anchor.length > 0);
  throw new UserError(
    `${candidates.path} has no lists for ${splits.join(' or ')}`,
    others.length > 0 ? `It has lists for ${others.join(' and ')}: say --split.` : 'It has none at all.',
  );
}

function requirePlainSgd({ optimizer, clipNorm }: Experiment['train']): void {
  const other =
    optimizer.name !== 'sgd'
      ? optimizer.name
      : clipNorm !== null
        ? 'SGD with train.clipNorm'
        : optimizer.wholeTablesL2 !== null && 'SGD with train.optimizer.wholeTablesL2';
  if (!other) return;
  throw new UserError(
    `model.update: couple is plain SGD, not ${other}`,
    'Use train.optimizer.name: sgd with train.clipNorm and train.optimizer.wholeTablesL2 null (preset paper), or model.update: step.',
  );
}

function positivesOnly({ label }: PreparedData): boolean {
  return label.every((value) => value === 1);
}
