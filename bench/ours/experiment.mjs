/**
 * An experiment as `mvrec train` and `mvrec eval` take it: its next steps of training, or sweeps; its evaluation of the test
 * part; or `fit`: a model that is made anew and evaluated, since what it fits it finds while it ranks.
 */
import { join } from 'node:path';
import { loadExperiment } from '../../dist/config/index.js';
import { planEpoch } from '../../dist/data/index.js';
import { Optimizer } from '../../dist/engine/index.js';
import { evaluate } from '../../dist/evaluation/index.js';
import { buildModel } from '../../dist/models/index.js';
import { openData, openLists } from '../../dist/training/session.js';
import { trainStep } from '../../dist/training/step.js';
import { logs } from '../quality/logs.mjs';
import { dataFrom, experimentFile } from '../quality/peers.mjs';
import { serve, settings, startEngine } from './side.mjs';
import { epochs } from './steps.mjs';

const { log, set = [], timed, epochsBefore = 0, evaluations = 1 } = settings;
const surroundings = {
  settings: { dataDir: join(settings.folder, 'data') },
  reporter: { note: () => {}, counting: () => {} },
};

/** `steps` steps, by default an epoch. A next-item model's loss is of rows with a history, which alone are counted. */
function startTraining({ model: options, train, seed }, data) {
  const model = buildModel(options, data, seed, train.negatives);
  if (model.sweep) {
    const take = () => {
      let examples = 0;
      for (let sweep = 0; sweep < (settings.sweeps ?? 1); sweep++) examples += model.sweep().pairs;
      return { examples, checks: { rows: examples } };
    };
    return { model, take };
  }
  const optimizer = new Optimizer(model.parameters, { ...train.optimizer, clipNorm: train.clipNorm });
  const { histories, rowFields, pairing } = model;
  const plan = (epoch) => planEpoch(data, { ...train, histories, rowFields, pairing, seed, epoch });
  const step = async (batch, key) => {
    const loss = await trainStep(model, optimizer, batch, train.optimizer.learningRate, key);
    await model.afterStep?.();
    return loss;
  };
  const couples = pairing === 'pairwise' ? 2 : 1; // pairs
  const count = nextItem.has(options.name) ? withHistory : ({ pairs }) => pairs.count / couples;
  const run = epochs(plan, settings.steps ?? plan(0).steps, step, count);
  const take = async () => {
    const { checks, ...taken } = await run();
    return { ...taken, checks: { ...checks, rows: taken.examples } };
  };
  return { model, take };
}

const nextItem = new Set(['sasrec', 'gru4rec']);
const withHistory = ({ pairs, histories: [{ length }] }) =>
  pairs.context.reduce((rows, context) => rows + (length[context] > 0 ? 1 : 0), 0);

const runs = {
  epoch: (experiment, data) => startTraining(experiment, data).take,
  async evaluation(experiment, data) {
    const { model, take } = startTraining(experiment, data);
    for (let epoch = 0; epoch < epochsBefore; epoch++) await take();
    const look = await startLooking(experiment, data);
    return () => look(model);
  },
  async fit(experiment, data) {
    const look = await startLooking(experiment, data);
    return () => look(buildModel(experiment.model, data, experiment.seed));
  },
};

/** The evaluation of the test part: rows with labels, or users of a ranking. */
async function startLooking({ evaluate: options }, data) {
  const candidates = await openLists(options.candidates, data, surroundings, ['test']);
  const metrics = settings.metrics ?? options.metrics;
  const { user } = data.store.interactions;
  const { test } = data.split;
  const examples = candidates.kind === 'catalogue' ? new Set(test.map((row) => user[row])).size : test.length;
  return async (model) => {
    let found;
    for (let time = 0; time < evaluations; time++) {
      // Of the same rows it takes what was laid out for the last evaluation.
      const rows = settings.laysOut ? { ...data, split: { ...data.split, test: test.slice() } } : data;
      found = await evaluate(model, rows, 'test', metrics, { ...options, candidates });
    }
    const checks = Object.entries(found.metrics).map(([name, value]) => [name.split('/').at(-1), value]);
    return { examples: evaluations * examples, checks: Object.fromEntries(checks) };
  };
}

await serve(async () => {
  const { device, version, threads } = await startEngine();
  const { experiment } = await loadExperiment({
    files: [experimentFile(settings.experiment)],
    set: [dataFrom(logs[log]), ...set],
  });
  const data = await openData(experiment, surroundings);
  const run = await runs[timed](experiment, data);
  return { device, threads, versions: { engine: version }, run };
});
