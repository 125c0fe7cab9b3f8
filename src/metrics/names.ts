import { didYouMean, UserError } from '../base/index.js';
import { type Definition, definitions, type PerUser } from './definitions.js';

/** A metric that was asked for by name, for example `ndcg@10:thacil`. */
export interface Metric {
  readonly name: string;
  /** The K of `@K`; 0 for metrics without one. */
  readonly k: number;
  readonly definition: Definition;
}

/** Names of all metrics with `K` in place of the number, and a line about each. */
export const metricNames: readonly (readonly [name: string, about: string])[] = Object.entries(
  definitions,
).map(([name, { about }]) => [name, about]);

/**
 * The metric of that name: `auc`, `precision@50`, `precision@50:thacil`, ... as in docs/metrics.md.
 *
 * @throws UserError for a name that is not known, naming the nearest one that is
 */
export function parseMetric(name: string): Metric {
  const k = /@([1-9]\d{0,8})(?=:|$)/.exec(name)?.[1];
  const pattern = k ? name.replace(`@${k}`, '@K') : name;
  const definition = Object.hasOwn(definitions, pattern) ? definitions[pattern] : undefined;
  if (!definition || (pattern === name && name.includes('@K'))) throw unknownMetric(name, k ?? '10');
  return { name, k: Number(k ?? 0), definition };
}

/** Whether more or less of it is better. */
export function metricDirection(name: string): 'higher' | 'lower' {
  return parseMetric(name).definition.direction;
}

/**
 * A metric of ranked candidates, that is one a user whose value follows from the ranks of the positives.
 *
 * @throws UserError for an unknown name, and for metrics that need the score or the place in the log of every row
 */
export function parseRankingMetric(name: string): Metric & { readonly definition: PerUser } {
  const metric = parseMetric(name);
  if (isRanking(metric.definition)) return { ...metric, definition: metric.definition };
  const rankings = Object.entries(definitions).flatMap(([pattern, definition]) =>
    isRanking(definition) ? [pattern.replace('@K', '@10')] : [],
  );
  throw new UserError(
    `${name} is defined for logged impressions only, not for a ranking of candidates`,
    `Use ${rankings.join(', ')}, or evaluate.candidates.kind: impressions.`,
  );
}

function isRanking(definition: Definition): definition is PerUser {
  return definition.kind === 'perUser' && definition.ties === 'together';
}

function unknownMetric(name: string, k: string): UserError {
  const depth = /@([^:]*)/.exec(name)?.[1];
  const pattern = depth === undefined ? name : name.replace(`@${depth}`, '@K');
  if (depth !== undefined && Object.hasOwn(definitions, pattern)) {
    return new UserError(
      `the depth of ${name} is ${depth === '' ? 'missing' : depth}`,
      `A depth is a whole number from 1, as in ${pattern.replace('@K', '@10')}.`,
    );
  }
  const known = Object.keys(definitions).map((pattern) => pattern.replace('@K', `@${k}`));
  return new UserError(`unknown metric '${name}'`, didYouMean(name.trim().toLowerCase(), known));
}
