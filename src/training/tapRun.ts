import { didYouMean, type NamedTensor, UserError } from '../base/index.js';
import { type PreparedData, scoreBatches } from '../data/index.js';
import { tappedPass } from '../evaluation/index.js';
import { contextSpecOf, isTrainable } from '../models/index.js';
import { openRun } from '../runs/index.js';
import type { Surroundings } from './session.js';
import { openTrained, type TrainedRequest } from './trained.js';

export interface TapRequest extends TrainedRequest {
  /** Identifiers, each once; none: the first users of the test part. */
  readonly users: readonly string[];
  readonly taps: readonly string[] | 'all';
}

export interface TapResult {
  readonly run: string;
  readonly checkpoint: 'best' | 'last';
  /** Whose last row of the test part each pair is, in the order of the pairs, and its item. [P] */
  readonly users: readonly string[];
  readonly items: readonly string[];
  /** `logits` and `probabilities` [P], then the taps. */
  readonly results: readonly NamedTensor[];
  readonly caveat: string | null;
}

/** Users that are looked at where none is named. */
const FIRST = 4;

/**
 * What a run's model makes of users, each with the last row of the test part, with its intermediate results.
 *
 * @throws UserError for users without a test row, taps that there are not, and floors
 */
export async function tapRun(
  request: TapRequest,
  surroundings: Omit<Surroundings, 'command'>,
): Promise<TapResult> {
  const { checkpoint, taps } = request;
  const run = await openRun(surroundings.settings.resultsDir, request.run);
  const experiment = await run.experiment();
  const { data, buildTrained } = await openTrained(run, experiment, request, surroundings);
  const rows = lastRows(request.users, data);
  const model = await buildTrained();
  if (!isTrainable(model)) throw new UserError(`${run.id} is of ${experiment.model.name}, which has no taps`);
  const spec = { ...contextSpecOf(model), contextsPerBatch: rows.length };
  const [batch] = scoreBatches(data, rows, spec);
  const [logits, probabilities, ...tapped] = await tappedPass(model, batch!, () => true);
  const known = tapped.map(({ name }) => name);
  for (const name of taps === 'all' ? [] : taps) {
    if (!known.includes(name))
      throw new UserError(`${run.id} has no tap ${name}`, didYouMean(name, known, 'Taps'));
  }
  const wanted = tapped.filter(({ name }) => taps === 'all' || taps.includes(name));
  const { store } = data;
  const { user, item } = store.interactions;
  return {
    run: run.id,
    checkpoint,
    users: Array.from(rows, (row) => store.userIds[user[row]!]!),
    items: Array.from(rows, (row) => store.itemIds[item[row]!]!),
    results: [logits!, probabilities!, ...wanted],
    caveat: store.caveat,
  };
}

/** The last test row of each user. */
function lastRows(users: readonly string[], { store, split }: PreparedData): Int32Array {
  const { user } = store.interactions;
  const last = new Map<number, number>(); // rows ascend
  for (const row of split.test) last.set(user[row]!, row);
  if (users.length === 0) return Int32Array.from([...last.values()].slice(0, FIRST));
  return Int32Array.from(users, (id) => {
    const row = last.get(store.userIds.indexOf(id));
    if (row !== undefined) return row;
    const known = store.userIds.includes(id);
    throw new UserError(
      known ? `the user ${id} has no row in the test part` : `there is no user ${id}`,
      known ? undefined : `Users are called as in the log, for example ${store.userIds[0]}.`,
    );
  });
}
