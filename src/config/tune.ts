import { z } from 'zod';
import { rule } from '../models/options.js';

const positive = z.int().min(1);

const choice = z.strictObject({
  values: z.array(z.unknown()).min(1).describe('The values to try: numbers, texts, lists, whole sections.'),
});

const range = z
  .strictObject({
    low: z.number().describe('Lowest value, itself among them.'),
    high: z.number().describe('Highest value, itself among them where the steps come to it.'),
    log: z.boolean().default(false).describe('Search the logarithm: each factor of ten alike.'),
    integer: z.boolean().default(false).describe('Whole numbers only.'),
    step: z.number().gt(0).optional().describe('low, low + step, ... up to high only.'),
  })
  .check(
    rule(
      'low',
      ({ low, high }) => low >= high && [`is ${low}, not below high, ${high}`, 'Give a low below high.'],
    ),
    rule(
      'low',
      ({ low, log }) =>
        log && low <= 0 && [`is ${low}, which has no logarithm`, 'Give a low above 0, or leave log out.'],
    ),
    rule(
      'step',
      ({ log, step }) =>
        log &&
        step !== undefined && [
          `is ${step}, and with log the steps would not be alike`,
          'Leave step or log out.',
        ],
    ),
    rule(
      'step',
      ({ low, high, step }) =>
        step !== undefined &&
        low < high &&
        step > high - low && [
          `is ${step}, wider than the range from ${low} to ${high}`,
          'Give a smaller step.',
        ],
    ),
    ...(['low', 'high', 'step'] as const).map((key) =>
      rule(key, (range: { integer: boolean; low: number; high: number; step?: number | undefined }) => {
        const value = range[key];
        return (
          range.integer &&
          value !== undefined &&
          !Number.isSafeInteger(value) && [
            `is ${value}, and with integer: true it must be whole`,
            'Give a whole number.',
          ]
        );
      }),
    ),
  );

export const tuneSchema = z.strictObject({
  space: z
    .record(z.string().regex(/^\w+(\.\w+)*$/), z.union([choice, range]))
    .describe('What to search: options by their dotted path, and the values of each.'),
  metric: z
    .string()
    .optional()
    .describe('Metric that says which trial is better, on validation. Default: train.monitor.'),
  trials: positive
    .max(100_000)
    .optional()
    .describe('Assignments to try. Default: 20; grid: all there are, and no fewer.'),
  sampler: z
    .enum(['tpe', 'random', 'grid'])
    .default('tpe')
    .describe(
      'tpe: learns from the trials before (tree-structured Parzen estimator); random: at random; grid: all combinations.',
    ),
  seed: z.int().min(0).default(1).describe('Seed of the sampler; that of training is seed.'),
  prune: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none').describe('Every trial trains to its end.') }),
      z.strictObject({
        kind: z
          .literal('asha')
          .describe(
            'Asynchronous successive halving: at epochs minEpochs, minEpochs * eta, ... a trial goes on if it is among the best 1/eta that came so far.',
          ),
        eta: z.int().min(2).default(3).describe('One in so many goes on.'),
        minEpochs: positive.default(1).describe('Epoch of the first decision.'),
      }),
    ])
    .prefault({ kind: 'none' })
    .describe('Which trials are stopped early.'),
});

/** What to search, how, and by which metric. */
export type TuneConfig = z.output<typeof tuneSchema>;
/** The values of one option that a search tries. */
export type Domain = TuneConfig['space'][string];
