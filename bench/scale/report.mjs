/** What the stages took, in words and as the table of docs/performance.md. */
import { number, table } from '../lib/report.mjs';
import { spreadOf } from '../lib/statistics.mjs';

const gigabytes = (bytes) => `${number(bytes / 1e9)} GB`;
const clock = (seconds) =>
  seconds < 100 ? `${number(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;

/** A log's numbers for the terminal. */
export function stageLines(log) {
  const { world, scale, users, items, rows, model, train, test, stages } = log;
  const auc = log.metrics.auc?.toFixed(4) ?? 'undefined';
  return [
    `${world} at ${scale}: ${number(users)} users, ${number(items)} videos, ${number(rows)} rows`,
    ...Object.entries(stages).map(
      ([stage, { seconds, peakMemoryBytes }]) =>
        `  ${stage.padEnd(9)} ${clock(seconds).padStart(12)}  peak ${gigabytes(peakMemoryBytes)}`,
    ),
    `  load ${clock(log.loadSeconds)}, prepare ${clock(log.prepareSeconds)}`,
    `  ${model} on ${log.engine}: ${number(log.trainExamplesPerSecond)} examples/s of ${number(train)} train rows`,
    `  ${number(log.evaluatePairsPerSecond)} pairs/s of ${number(test)} test rows, AUC ${auc}`,
    `  checkpoint ${gigabytes(log.checkpointBytes)}`,
  ];
}

export function scaleTable(logs) {
  const stage = ({ seconds, peakMemoryBytes }) => `${clock(seconds)}, ${gigabytes(peakMemoryBytes)}`;
  return table(
    [
      'log',
      'scale',
      'users, videos, rows',
      'generate',
      'import',
      'load and prepare',
      'train: one epoch, then scores',
      'examples/s',
      'evaluate the test part',
      'pairs/s',
      'AUC',
      'checkpoint',
      'measured',
    ],
    logs.map((log) => [
      `${log.world}, ${log.model}`,
      String(log.scale),
      [log.users, log.items, log.rows].map(number).join(', '),
      stage(log.stages.generate),
      stage(log.stages.import),
      stage(log.stages.load),
      stage(log.stages.train),
      number(log.trainExamplesPerSecond),
      stage(log.stages.evaluate),
      number(log.evaluatePairsPerSecond),
      log.metrics.auc?.toFixed(3) ?? '',
      gigabytes(log.checkpointBytes),
      `${log.date} ${log.commit ?? ''}`.trim(),
    ]),
  );
}

/**
 * The epoch's speed over PyTorch's, which was measured on a shorter stretch of the same work; nothing where that was on
 * another machine or with other threads.
 *
 * @param log { machine, threads, ... } of the epoch
 */
export function againstPyTorch(log, results) {
  const measured = results.find(({ name }) => name === 'thacil-train-byuser');
  const theirs = measured?.rows.find(({ name }) => name === 'thacil')?.theirs;
  if (!theirs?.perSecond || measured.machine !== log.machine || measured.threads !== log.threads) return [];
  const values = theirs.perSecond.map((rate) => log.trainExamplesPerSecond / rate);
  const { seconds, peakMemoryBytes } = log.stages.train;
  return [
    {
      name: 'thacil-epoch',
      what: `one THACIL epoch, ${number(log.train)} examples, features streamed from disk`,
      against: "PyTorch's rate on in-memory data, extrapolated",
      unit: 'examples/s',
      settings: { ours: { experiment: 'experiments/scale/microvideo.yaml' }, theirs: {} },
      ours: {
        perSecond: [log.trainExamplesPerSecond],
        seconds: [seconds],
        peakMemoryBytes,
        checks: {},
      },
      theirs,
      ratio: { ...spreadOf(values), values },
    },
  ];
}
