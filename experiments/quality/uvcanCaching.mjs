// What does it save that UVCAN works out once what depends on a user or a video alone?
//
//   node experiments/quality/uvcanCaching.mjs [--engine NAME] [--lists N] [--factors K] [--layers M]
//
// Ranks positives among 1,001 candidates of a small simulated Toffee with visual vectors as wide as the paper's: as an
// evaluation does, and with user and video of every pair encoded anew. Prints multiply-adds a pair and processor seconds of both (of all
// threads; other programs hardly change them). Weights
// are as they are drawn, since nothing depends on their values. The best of three rounds each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { CandidateBatches, candidateSampler } from '../../dist/data/index.js';
import { logitScorer } from '../../dist/evaluation/scorers.js';
import { buildModel, experimentSchema, openEngine, openSource, prepare } from '../../dist/index.js';

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'auto' },
    lists: { type: 'string', default: '64' },
    factors: { type: 'string', default: '32' },
    layers: { type: 'string', default: '2' },
  },
});
const [lists, K, M] = [Number(values.lists), Number(values.factors), Number(values.layers)];
const COVER = 1024;
const print = (line) => process.stdout.write(`${line}\n`);
const LISTS_AT_A_TIME = 16; // what an evaluation takes: 16,384 pairs

const folder = mkdtempSync(join(tmpdir(), 'uvcan-'));
try {
  await openEngine({ name: values.engine, threads: 'auto' });
  const experiment = experimentSchema.parse({
    data: {
      source: { world: 'toffee', scale: 0.05, knobs: { coverWidth: COVER, sessions: 30 } },
      label: 'is_like',
      split: { kind: 'random' },
    },
    model: { name: 'uvcan', factors: K, layers: M },
  });
  const store = await openSource(experiment.data.source, { dataDir: folder });
  const data = prepare(store, experiment.data);
  const model = buildModel(experiment.model, data, 1);
  print(`K = ${K}, M = ${M}, engine ${tf.getBackend()}, ${lists} lists of 1,001`);
  report(multiplyAdds(), await rounds(model, data));
} finally {
  rmSync(folder, { recursive: true });
}

/** By the formulas of Eqs. 1 to 4: a slot's projection, a guidance product, a score and a weighed sum. */
function multiplyAdds() {
  const [nu, nv] = [3, 5];
  const project = (n) => n * K * K;
  const weigh = (n) => 2 * n * K;
  const visual = COVER * K;
  const mlp = [4 * K, 2 * K, K, K / 2, 1].reduce((sum, w, i, all) => sum + (i > 0 ? all[i - 1] * w : 0), 0);
  const guidance = 2 * M * K * K;
  const all =
    visual +
    project(nu) +
    weigh(nu) +
    M * (project(nu) + project(nv) + weigh(nu) + weigh(nv)) +
    guidance +
    mlp;
  const ofIds = 2 * K * 2 * K;
  const pair = guidance - K * K + M * (weigh(nu) + weigh(nv)) + mlp - ofIds;
  return { all, visual, pair };
}

async function rounds(model, data) {
  const positives = data.split.test.filter((row) => data.label[row] === 1).slice(0, lists);
  const draw = candidateSampler(data, { kind: 'sampled', negatives: 1000, by: 'uniform', seed: 1 });
  const batches = [];
  const candidates = new CandidateBatches(data, model.histories);
  for (let from = 0; from < positives.length; from += LISTS_AT_A_TIME) {
    const some = Array.from(positives.slice(from, from + LISTS_AT_A_TIME), (row) => [row, draw(row)]);
    const anchor = some.flatMap(([row, items]) => Array(items.length).fill(row));
    batches.push(
      candidates.batch(Int32Array.from(anchor), Int32Array.from(some.flatMap(([, items]) => [...items]))),
    );
  }
  const apart = batches.map(pairByPair);
  const best = { cached: Number.POSITIVE_INFINITY, anew: Number.POSITIVE_INFINITY };
  let worst = 0;
  for (let round = 0; round < 3; round++) {
    const a = await timed(batches, logitScorer(model, data)); // a new evaluation, nothing known
    const b = await timed(apart, logitScorer(bound(model), data));
    best.cached = Math.min(best.cached, a.seconds);
    best.anew = Math.min(best.anew, b.seconds);
    a.scores.forEach((scores, i) => {
      for (const [p, score] of scores.entries()) worst = Math.max(worst, Math.abs(score - b.scores[i][p]));
    });
  }
  return { ...best, worst };
}

/** The three parts of a model, without its wish to keep items. */
function bound(model) {
  return {
    encodeItems: (...given) => model.encodeItems(...given),
    encodeContexts: (...given) => model.encodeContexts(...given),
    logits: (...given) => model.logits(...given),
  };
}

/** A context and an item for every pair. */
function pairByPair({ items, contexts, pairs }) {
  const each = Int32Array.from({ length: pairs.count }, (_, p) => p);
  return {
    items: pairs.item.map((at) => items[at]),
    contexts: { count: pairs.count, user: pairs.context.map((at) => contexts.user[at]) },
    histories: [],
    pairs: { ...pairs, item: each, context: each },
  };
}

async function timed(batches, score) {
  const start = process.cpuUsage();
  const scores = [];
  for (const batch of batches) scores.push(await score(batch));
  const { user, system } = process.cpuUsage(start);
  return { seconds: (user + system) / 1e6, scores };
}

function report({ all, visual, pair }, { cached, anew, worst }) {
  const k = (n) => `${(n / 1000).toFixed(1)} k`;
  print(
    `multiply-adds a pair: ${k(all)} (${k(visual)} of them the visual map), cached ${k(pair)}: 1 / ${(all / pair).toFixed(1)}`,
  );
  print(
    `seconds of the processor: anew ${anew.toFixed(2)}, cached ${cached.toFixed(2)}: ${(anew / cached).toFixed(1)} times as fast`,
  );
  print(`largest difference of a logit: ${worst.toExponential(1)}`);
}
