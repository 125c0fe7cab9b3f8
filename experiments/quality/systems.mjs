// The five systems and their ablations, on real logs and in simulated worlds with a mechanism on and off.
//
//   node experiments/quality/systems.mjs [--engine NAME] [--jobs N] [TABLE...]
//
// Prints a Markdown table each: means and standard deviations over three seeds, of the test part. What has been run before is
// not run again.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printTable } from './runs.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const real = (name) => here(`../real/${name}.yaml`);
const example = (name) => here(`../examples/${name}.yaml`);

const clicks = ['auc', 'gauc', 'uauc', 'logloss'];
const ranked = ['sampled1000/hr@10', 'sampled1000/ndcg@10'];
const watched = ['auc', 'gauc', 'logloss', 'recall@3', 'ndcg@3'];

const variants = (file, key, names) =>
  names.map((name) => ({ label: name, file, set: [`model.${key}=${name}`] }));
const clips = (file) =>
  variants(file, 'clips', [1, 4, 8]).map((cell) => ({ ...cell, label: `FRAME, N_c = ${cell.label}` }));
/** The same rows without clips: identifiers and categories alone, and the histories of what was finished and what was left. */
const clipFree = (file, item) => [
  {
    label: 'NCF',
    file,
    set: [`model={name: ncf, item: [${item}], factors: 16, layers: [32, 16, 8], l2Weight: 0.003}`],
  },
  ...['alpine', 'mtin'].map((name) => ({
    label: name.toUpperCase(),
    file,
    set: [`model=${histories[name](item)}`, 'train.batching=byUser', 'train.pairsPerUser=16'],
  })),
];
const histories = {
  alpine: (item) =>
    `{name: alpine, item: [${item}], itemEmbedding: projected, itemSize: 32, historyLength: 60, truncate: tail, hidden: 64, userInit: normal, l2Weight: 0.0002}`,
  mtin: (item) =>
    `{name: mtin, visual: [${item}], size: 32, groups: 4, masks: 4, historyLength: 60, historyMode: chunkPrefix, chunk: 8, temporalNorm: length}`,
};
const depths = (file) => [
  ...[1, 2, 3, 4].map((layers) => ({ label: `UVCAN, AL-${layers}`, file, set: [`model.layers=${layers}`] })),
  { label: 'Video-Att', file, set: ['model.variant=Video-Att'] },
];

const watchedBy = (name, item) => [...clips(real(name)), ...clipFree(real(name), item)];

/** Cells of a world with a mechanism as it is, and without it; trained for longer than the examples. */
const onAndOff = (off, cells) =>
  [
    ['on', []],
    ['off', off],
  ].flatMap(([state, knobs]) =>
    cells.map(({ label, file, set = [] }) => ({
      label: `${label}, ${state}`,
      log: state,
      file,
      set: [
        ...knobs.map((knob) => `data.source.knobs.${knob}`),
        'train.epochs=10',
        'train.patience=2',
        ...set,
      ],
    })),
  );

const tables = {
  'kuairand clicks': {
    metrics: clicks,
    cells: [
      { label: 'THACIL, with a user vector', file: real('kuairand-thacil') },
      { label: 'THACIL', file: real('kuairand-thacil'), set: ['model.userSize=0'] },
      ...variants(real('kuairand-alpine'), 'variant', [
        'ALPINE',
        'ALPINE_u',
        'ALPINE_m',
        'ALPINE_um',
        'ALPINE_umg',
      ]),
      ...variants(real('kuairand-scaa'), 'variant', ['SCAA', 'SCAA_s', 'SCAA_cs']),
      ...variants(real('kuairand-mtin'), 'variant', ['MTIN', 'MTIN-P', 'MTIN-P:persist']),
      { label: 'MTIN-I', file: real('kuairand-mtin'), set: ['model.variant=MTIN-I', 'model.groups=1'] },
      ...['concat', 'sum'].map((name) => ({
        label: `MTIN, ${name}`,
        file: real('kuairand-mtin'),
        set: [`model.aggregation=${name}`],
      })),
    ],
  },
  'frame segmm': { metrics: watched, cells: watchedBy('segmm-frame', 'id, duration') },
  'frame eeg': { metrics: watched, cells: watchedBy('eeg-frame', 'id, tag, sound') },
  'frame kuairand': {
    metrics: watched,
    cells: watchedBy('kuairand-frame', 'id, duration, tag, author'),
  },
  'uvcan eeg': { metrics: ranked, cells: depths(real('eeg-uvcan')) },
  'uvcan tiktok': { metrics: ranked, cells: depths(real('tiktok-uvcan')) },
  'world: likes and follows tell of clicks': {
    metrics: clicks,
    cells: onAndOff(
      ['clickTasteEffect=0', 'clickAuthorEffect=0'],
      [
        ...variants(example('scaa'), 'variant', ['SCAA', 'SCAA_s', 'SCAA_cs']),
        { label: 'ALPINE_Base', file: example('scaa'), set: ['model.variant=SCAA_cs', 'model.cs=none'] },
      ],
    ),
  },
  'world: dislikes': {
    metrics: clicks,
    cells: onAndOff(
      ['aversionEffect=0'],
      variants(example('alpine'), 'variant', ['ALPINE_m', 'ALPINE_um', 'ALPINE_umg']),
    ),
  },
  'world: several interests': {
    metrics: clicks,
    cells: onAndOff(
      ['interests=1'],
      [
        { label: 'MTIN', file: example('mtin') },
        { label: 'MTIN-I', file: example('mtin'), set: ['model.variant=MTIN-I', 'model.groups=1'] },
        { label: 'MTIN-P', file: example('mtin'), set: ['model.variant=MTIN-P'] },
      ],
    ),
  },
  'world: interests change': {
    metrics: clicks,
    cells: onAndOff(
      ['drift=0', 'turnover=0'],
      [
        { label: 'THACIL', file: example('thacil') },
        {
          label: 'THACIL, no attention between blocks',
          file: example('thacil'),
          set: ['model.interAttention=none'],
        },
        {
          label: 'THACIL, no attention of the candidate',
          file: example('thacil'),
          set: ['model.candidateAttention=false'],
        },
        { label: 'THACIL, no category level', file: example('thacil'), set: ['model.categoryLevel=false'] },
        { label: 'THACIL, no item level', file: example('thacil'), set: ['model.itemLevel=false'] },
      ],
    ),
  },
  'world: scenes': {
    metrics: watched,
    cells: onAndOff(
      ['appealEffect=0', 'momentEffect=0'],
      clips(example('frame')).map(({ set, ...cell }) => ({
        ...cell,
        // The clips of the vectors are a knob; the log is the same.
        set: [
          ...set,
          `data.source.knobs.clips=${/\d+$/.exec(cell.label)[0]}`,
          'data.source.scale=0.05',
          'train.batchSize=256',
          'train.optimizer.learningRate=0.001',
        ],
      })),
    ),
  },
  'world: profiles': {
    metrics: ranked,
    cells: onAndOff(
      ['profileEffect=0'],
      [
        { label: 'UVCAN', file: example('uvcan') },
        { label: 'UVCAN, no profile', file: example('uvcan'), set: ['model.userFields=[id]'] },
        { label: 'UVCAN, AL-1', file: example('uvcan'), set: ['model.layers=1'] },
        { label: 'Video-Att', file: example('uvcan'), set: ['model.variant=Video-Att'] },
      ],
    ),
  },
};

const { values, positionals } = parseArgs({
  options: { engine: { type: 'string', default: 'auto' }, jobs: { type: 'string', default: '1' } },
  allowPositionals: true,
});

for (const [title, { metrics, cells }] of Object.entries(tables)) {
  if (positionals.length > 0 && !positionals.includes(title)) continue;
  const named = cells.map(({ label, log, file, set = [] }) => ({
    label,
    log,
    file,
    name: `${title} ${label}`.replaceAll(/[^\w-]+/g, '-'),
    set: [...set, 'engine.threads=1'],
  }));
  const columns = {
    'best epoch': (runs) => runs.map(({ evaluation }) => evaluation.selection.epoch).join(', '),
  };
  await printTable({
    title,
    cells: named,
    metrics,
    columns,
    seeds: [1, 2, 3],
    engine: values.engine,
    jobs: Number(values.jobs),
  });
}
