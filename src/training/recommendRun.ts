import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InterruptedError, range, unfinishedPath } from '../base/index.js';
import type { Experiment } from '../config/index.js';
import {
  type Chosen,
  type ChosenCandidates,
  type FileOptions,
  type Moment,
  type PreparedData,
  pairsOfUsers,
  readCandidates,
  readUsers,
  type Serving,
  type Store,
  servingData,
} from '../data/index.js';
import { tableFormat, writeRecommended } from '../evaluation/index.js';
import { openRun } from '../runs/index.js';
import { notesOf } from './recommendNotes.js';
import type { Surroundings } from './session.js';
import { openTrained, type TrainedRequest } from './trained.js';

export interface RecommendRequest extends TrainedRequest {
  /** File of users; null: all of the data set, or those of the pairs. */
  readonly users: string | null;
  /** File of items, or of pairs of a user and an item; null: all items of the data set. */
  readonly candidates: string | null;
  /** Items for each user. */
  readonly top: number;
  readonly at: Moment;
  /** Recommend also what a user has seen. */
  readonly keepSeen: boolean;
  /** CSV or Parquet file to write. */
  readonly out: string;
}

export interface RecommendResult {
  readonly run: string;
  readonly engine: string;
  readonly device: string;
  readonly threads: number;
  readonly checkpoint: 'best' | 'last';
  readonly out: string;
  readonly at: Moment;
  readonly keepSeen: boolean;
  readonly top: number;
  readonly users: number;
  /** Distinct items among the candidates, and those of them without a train row. */
  readonly candidates: { readonly items: number; readonly cold: number };
  readonly rows: number;
  /** Rows whose item has no train row. */
  readonly coldRows: number;
  /** Users without a row, as no candidate is left for them. */
  readonly emptyUsers: number;
  /** Pairs of the file of candidates that are left out because the user has seen the item. */
  readonly seenPairs: number;
  /** Those that are left out because the user was not asked for. */
  readonly unaskedPairs: number;
  readonly seconds: number;
  readonly usersPerSecond: number;
  readonly peakMemoryBytes: number;
  readonly notes: readonly string[];
  readonly caveat: string | null;
}

/** Who gets what, as numbers of the store. */
export interface Served {
  readonly request: RecommendRequest;
  readonly experiment: Experiment;
  readonly data: PreparedData;
  readonly serving: Serving;
  readonly users: Chosen;
  /** Of pairs, those of the users. */
  readonly candidates: ChosenCandidates | null;
  /** Pairs of other users. */
  readonly unaskedPairs: number;
  /** Distinct items among the candidates. */
  readonly items: Int32Array;
}

/** Writes the best items for users to a file. Changes nothing in the run. */
export async function recommendRun(
  request: RecommendRequest,
  surroundings: Omit<Surroundings, 'command'>,
): Promise<RecommendResult> {
  const { checkpoint, out, at, keepSeen, top } = request;
  tableFormat(out); // a wrong ending fails before the work
  const run = await openRun(surroundings.settings.resultsDir, request.run);
  const experiment = await run.experiment();
  const { engine, data, buildTrained } = await openTrained(run, experiment, request, surroundings);
  const { users, candidates, unaskedPairs } = await readChoice(request, data, surroundings);
  const serving = servingData(data, experiment.data, at);
  const items = itemsAmong(candidates, data);
  const model = await buildTrained();
  const { reporter, signal } = surroundings;
  const began = performance.now();
  const count = users.numbers.length;
  const summary = await writeRecommended(out, model, serving, users.numbers, candidates, {
    contextsPerBatch: experiment.evaluate.contextsPerBatch,
    length: top,
    keepSeen,
    onLists: (done) => {
      if (signal.aborted) throw new InterruptedError();
      reporter.counting({ what: 'recommending', done, rows: count });
    },
  });
  const seconds = (performance.now() - began) / 1000;
  return {
    run: run.id,
    engine: engine.name,
    device: engine.device,
    threads: engine.threads,
    checkpoint,
    out,
    at,
    keepSeen,
    top,
    users: count,
    candidates: { items: items.length, cold: items.filter((item) => data.warmItems[item] === 0).length },
    rows: summary.rows,
    coldRows: summary.coldRows,
    emptyUsers: summary.emptyUsers,
    seenPairs: summary.seenPairs,
    unaskedPairs,
    seconds,
    usersPerSecond: count / seconds,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    notes: notesOf(
      { request, experiment, data, serving, users, candidates, unaskedPairs, items },
      model,
      summary,
    ),
    caveat: data.store.caveat,
  };
}

/** Reads the files of users and candidates. Pairs of users that are not asked for are left out. */
async function readChoice(
  request: RecommendRequest,
  { store }: PreparedData,
  { settings, signal }: Omit<Surroundings, 'command'>,
): Promise<Pick<Served, 'users' | 'candidates' | 'unaskedPairs'>> {
  const spill = unfinishedPath(join(settings.dataDir, 'spill'));
  const options: FileOptions = { spill, signal };
  try {
    const users = request.users ? await readUsers(request.users, store, options) : null;
    const candidates = request.candidates ? await readCandidates(request.candidates, store, options) : null;
    if (users === null) {
      const numbers = usersOf(candidates, store);
      return { users: { numbers, repeated: 0 }, candidates, unaskedPairs: 0 };
    }
    if (candidates?.kind !== 'pairs') return { users, candidates, unaskedPairs: 0 };
    const pairs = pairsOfUsers(candidates.pairs, users.numbers);
    const unaskedPairs = candidates.pairs.item.length - pairs.item.length;
    return { users, candidates: { ...candidates, pairs }, unaskedPairs };
  } finally {
    await rm(spill, { recursive: true, force: true });
  }
}

/** Those that have pairs, where candidates are pairs; else all. */
function usersOf(candidates: ChosenCandidates | null, { userIds }: Store): Int32Array {
  const all = range(0, userIds.length);
  if (candidates?.kind !== 'pairs') return all;
  const { offsets } = candidates.pairs;
  return all.filter((user) => offsets[user + 1]! > offsets[user]!);
}

function itemsAmong(candidates: ChosenCandidates | null, { store }: PreparedData): Int32Array {
  switch (candidates?.kind) {
    case undefined:
      return range(0, store.itemIds.length);
    case 'items':
      return candidates.items;
    case 'pairs': {
      const among = new Uint8Array(store.itemIds.length);
      for (const item of candidates.pairs.item) among[item] = 1;
      return range(0, among.length).filter((item) => among[item] === 1);
    }
  }
}
