// @ts-check
/** The real logs of the comparisons: where their split comes from and what is measured on it. */

/**
 * @typedef {'labels' | 'ranking' | 'sampled'} Protocol `labels`: logged impressions are scored; `ranking`: the whole catalogue
 *   is ranked for each user of the test part; `sampled`: each row's item is ranked among 1,000 others
 * @typedef {object} QualityLog
 * @property {string} folder of the shared data
 * @property {string} experiment of experiments/real, whose `data` is the split
 * @property {Protocol} protocol
 * @property {readonly string[]} exporting words of `mvrec data export`
 * @property {{ train: number, validation: number, test: number }} rows that the split must have
 * @property {readonly string[]} metrics that are compared, by our names
 */

const ranked = ['hr@10', 'ndcg@10'];
const positives = ['--to', 'recbole', '--positives', '--history-length'];

/** @type {QualityLog} */
const microlens = {
  folder: 'microlens-50k',
  experiment: 'microlens-bpr',
  protocol: 'ranking',
  exporting: [...positives, '20'], // 98 % of the users have no more rows
  rows: { train: 259_274, validation: 49_887, test: 49_887 },
  metrics: ranked,
};
/** @type {QualityLog} */
const kwai = {
  folder: 'kwai',
  experiment: 'kwai-bpr',
  protocol: 'ranking',
  exporting: [...positives, '50'],
  rows: { train: 285_572, validation: 6460, test: 6460 },
  metrics: ranked,
};

/** @satisfies {Record<string, QualityLog>} */
export const logs = {
  kuairand: {
    folder: 'kuairand-negfeedback',
    experiment: 'kuairand-ncf',
    protocol: 'labels',
    exporting: ['--to', 'fuxictr', '--history-length', '50'],
    rows: { train: 30_094, validation: 3014, test: 8604 },
    metrics: ['auc', 'gauc', 'uauc', 'logloss'],
  },
  microlens,
  kwai,
  tiktok: {
    folder: 'tiktok',
    experiment: 'tiktok-uvcan',
    protocol: 'ranking',
    exporting: [...positives, '20'],
    rows: { train: 59_541, validation: 3051, test: 6130 },
    metrics: ranked,
  },
  'microlens-sampled': { ...microlens, experiment: 'microlens-sampled-ncf', protocol: 'sampled' },
  'kwai-sampled': { ...kwai, experiment: 'kwai-sampled-ncf', protocol: 'sampled' },
};
