import type { Detection, FindingCode } from './types.js';

/** What a finding means, and what to do about it. */
interface Words {
  what(detection: Detection): string;
  fix(detection: Detection): string;
}

const own = ({ setting }: Detection, otherwise: string): string =>
  setting === undefined
    ? otherwise
    : `Leave it as it is to reproduce a protocol that does so, or change ${setting}.`;
/** A model's history of rows; the positive one of the log's own needs no name. */
const historyOf = (subject: string | undefined): string =>
  subject === undefined ? 'The history of a row' : `The history of a row (${subject})`;
/** One decimal, or two digits of what is less than that can show. */
const percent = (share: number | undefined): string => {
  const value = 100 * (share ?? 0);
  return `${value >= 0.1 ? value.toFixed(1) : Number(value.toPrecision(2))} %`;
};

export const catalogue: Readonly<Record<FindingCode, Words>> = {
  'target-in-history': {
    what: ({ subject }) => `${historyOf(subject)} holds the row itself: the answer is among the input.`,
    fix: (d) =>
      own(
        d,
        'Cut the history before the row, or leave data.history out so that mvrec makes it from the log.',
      ),
  },
  'history-after-impression': {
    what: ({ subject }) =>
      `${historyOf(subject)} holds an event of the same moment or a later one, which was not known when the item was shown.`,
    fix: (d) => own(d, 'Leave data.history out, so that mvrec makes causal histories from the log.'),
  },
  'later-part-in-history': {
    what: ({ subject }) =>
      `${historyOf(subject)} holds events that lie in a later part: training (or the choice of the epoch) is shown what the test asks.`,
    fix: () => 'Choose a split that follows time, or static histories of the train part.',
  },
  'history-not-in-log': {
    what: ({ subject }) =>
      `The histories ${subject} hold items that are in no row of their user, so nobody can tell when they were met.`,
    fix: () => 'Nothing, if they are older than the log. Otherwise compare with histories made from the log.',
  },
  'test-items-in-history': {
    what: () =>
      'No test item is in train, but histories show events of such items: the test is not one of items never seen.',
    fix: () =>
      'Choose static histories (a published history, or the train part only) to compare with papers on cold items.',
  },
  'rows-in-two-parts': {
    what: () =>
      'Rows of validation or test are equal to rows of a part before in user, item, time and label.',
    fix: () =>
      'Drop repeated rows in the source; exact ones are dropped by duplicates: dropExact in the card.',
  },
  'validation-is-test': {
    what: () => 'Validation and test are the same rows, so the epoch is chosen on the test.',
    fix: () => 'Cut validation from train by data.split, or state that the numbers are optimistic.',
  },
  'pairs-in-two-parts': {
    what: () =>
      'Test rows show a user an item that the user has a train row with; a model can remember the answer.',
    fix: () => 'State the share, or keep the first row of each user and item only.',
  },
  'vectors-fitted-on-all': {
    what: ({ subject }) =>
      `The vectors ${subject} were fitted on items of the test as well (a projection, for example): the test is transductive.`,
    fix: () => 'State it beside the numbers, or fit them on the items of train and apply them to the others.',
  },
  'counted-on-all': {
    what: ({ setting }) =>
      `${setting} counts the rows of all parts, so what is left in train depends on the test.`,
    fix: () => 'State it beside the numbers; most papers filter this way.',
  },
  'exact-duplicates': {
    what: () => 'Rows repeat another row of their part in every column.',
    fix: () => 'duplicates: dropExact in the card, or --drop-duplicates at import.',
  },
  'conflicting-labels': {
    what: () => 'Rows of one user, item and time have both labels; no model can tell them apart.',
    fix: () => 'Decide in the source which of them counts.',
  },
  'changing-labels': {
    what: () =>
      'Rows of one user and item have one label first and the other later, as when a video is shown again.',
    fix: () => 'Nothing, unless the log should hold each pair once.',
  },
  'label-constant': {
    what: ({ subject, parts }) =>
      `${subject} has one value in all rows of ${Object.keys(parts ?? {}).join(', ')}: AUC is undefined there, and logged rows alone teach nothing.`,
    fix: () =>
      'Choose another data.label or data.split; of positives alone, rank a catalogue (evaluate.candidates).',
  },
  'label-constant-per-user': {
    what: ({ value }) =>
      `Users of the test with one label only have no AUC of their own, and gAUC and uAUC leave them out: ${percent(value)} of the test rows.`,
    fix: () => 'State the share beside gAUC and uAUC, or report pooled AUC as well.',
  },
  'label-equals-column': {
    what: ({ subject }) => `The column ${subject} equals the label, or its opposite, in every row.`,
    fix: () => 'Check the card: the same column may be named twice.',
  },
  'label-from-column': {
    what: ({ subject }) => `The label is 1 just where ${subject}: that column knows the answer.`,
    fix: () => 'Never make a feature of it.',
  },
  'feature-tells-label': {
    what: ({ subject, value }) =>
      `The feature ${subject} alone orders the train rows with an AUC of ${value?.toFixed(3)}: it probably holds the answer.`,
    fix: () => 'Leave it out of the model, or make it of what is known before the item is shown.',
  },
  'feature-of-label': {
    what: ({ subject }) => `The feature ${subject} is made of the column that the label is made of.`,
    fix: () => 'Leave it out of the model.',
  },
  'feature-varies': {
    what: ({ subject }) =>
      `The feature ${subject} is taken from the log, where rows of one item or user differ: it may be known only after the impression.`,
    fix: () => 'Take it from a table of items or users, or leave it out of the model.',
  },
  'feature-named-like-outcome': {
    what: ({ subject }) =>
      `The name of the feature ${subject} speaks of what a user does once the item is shown.`,
    fix: () => 'Check where it comes from; leave it out of the model if it is measured at the impression.',
  },
  'field-of-outcome': {
    what: ({ subject }) =>
      `The field ${subject} holds what came of the row itself: the answer is among the input.`,
    fix: () =>
      'Leave it out of model.contextFields; name what is known when the item is shown, such as the hour.',
  },
  'history-of-measure': {
    what: ({ subject }) =>
      `The history's column ${subject} is not 0 or 1: every row in which it is above 0 counts as an event.`,
    fix: () => 'Make a label of it in the card (atLeast), if a threshold is meant.',
  },
  'candidates-hold-positives': {
    what: () => 'Candidates that count as negatives are items which the user has a positive row with.',
    fix: () => 'Draw candidates among other items: evaluate.candidates.kind: sampled.',
  },
  'candidates-lack-positive': {
    what: () => 'The candidates of a positive row do not hold its item, so it can never be found.',
    fix: () => 'Add the item to its list.',
  },
  'negatives-hold-positives': {
    what: ({ value }) =>
      `Negatives drawn in training may be positives of the user in validation or test: ${percent(value)} of all draws. Usual in the field, since training must not know them.`,
    fix: () => 'Nothing; train.negatives.kind: logged draws none.',
  },
  'train-after-test': {
    what: () =>
      "Train rows come later than a test row of the same user: the model learns from that user's future.",
    fix: () => 'Use data.split.kind: time or leaveOneOut, or state that the split does not follow time.',
  },
  'future-of-other-users': {
    what: () =>
      'Train rows come later than test rows of other users, as when each user is cut at a time of their own.',
    fix: () => 'Use data.split {kind: time, scope: global} where trends matter.',
  },
  'selected-on-test': {
    what: () => 'The epoch is chosen by its metric on the test, so the numbers on the test are optimistic.',
    fix: (d) => own(d, 'Use train.selectOn: validation.'),
  },
  'mixed-time-units': {
    what: () => 'Times are a thousand times or more apart: some are in another unit than the others.',
    fix: () => 'Bring the time column to one unit.',
  },
  'times-not-positive': {
    what: () => 'Times are 0 or negative, where others are not: they may stand for none.',
    fix: () => 'Leave the rows out (missingTime: drop in the card, with the cell empty), or correct them.',
  },
};

/** The finding in words. */
export function explain(detection: Detection): { readonly what: string; readonly fix: string } {
  const words = catalogue[detection.code];
  return { what: words.what(detection), fix: words.fix(detection) };
}
