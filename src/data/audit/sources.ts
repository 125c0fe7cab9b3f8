import type { Card } from '../card.js';
import { logFiles } from '../card.js';
import { rowsInUse, Tally } from './context.js';
import { sourceOf } from './events.js';
import { type UsedFeature, usedFeatures } from './features.js';
import type { AuditContext, Detection } from './types.js';

/** Names of what a user does with a video once it is shown. */
const OUTCOMES = [
  /(^|_)(play|playing|played|watch|watched|watching|view|viewed|stay|dwell)_?(time|duration|ratio|rate|length|ms|sec|seconds)(_|$)/i,
  /(^|_)(finish(ed)?|complet(e|ed|ion)|long_?view)(_?(rate|ratio))?$/i,
  /^(is_)?(click|like|follow|forward|share|comment|hate|watch|profile_enter)(d|s|ed)?(_twice)?$/i,
  // Counts over the whole time of a log, as KuaiRand's statistics of videos have them.
  /(^|_)(play|show|click|like|follow|forward|share|comment|view|watch|finish|complete|collect|download|report)(_user)?_(cnt|num|count)s?$/i,
];

/** Whether a name is one of what a user does with a video once it is shown. */
export const speaksOfOutcome = (name: string): boolean => OUTCOMES.some((outcome) => outcome.test(name));

/**
 * Features that may hold what is known only after the impression, told by where they come from: the very column that the
 * label is made of (`feature-of-label`), a column of the log that differs between rows of one item or user
 * (`feature-varies`), or one whose name speaks of an outcome (`feature-named-like-outcome`).
 */
export function featureSources(context: AuditContext): Detection[] {
  return usedFeatures(context).flatMap((used) => {
    const sources = columnsOfLog(context.settings.card, used);
    return ofLabel(context, used, sources) ?? varies(context, used, sources) ?? named(context, used, sources);
  });
}

/** Columns of the log that a feature is taken from; empty where it comes from elsewhere, or nobody knows. */
function columnsOfLog(card: Card | null, { kind, name }: UsedFeature): readonly string[] {
  if (!card) return [];
  const fromLog = (file: string | undefined): boolean => file === undefined || logFiles(card).includes(file);
  const category = card[kind].categories[name];
  if (category) return fromLog(category.file) ? [category.column] : [];
  const vector = card[kind].vectors[name];
  if (!vector || !('file' in vector) || !fromLog(vector.file)) return [];
  return vector.columns ?? (vector.column === undefined ? [] : [vector.column]);
}

/** The column of the log that a kept column is made of; undefined where the card keeps none of that name. */
export function sourceOfColumn({ interactions: { columns } }: Card, name: string): string | undefined {
  if (Array.isArray(columns)) return columns.includes(name) ? name : undefined;
  const spec = columns[name];
  return typeof spec === 'object' ? spec.column : spec;
}

function ofLabel(
  { data, settings }: AuditContext,
  { kind, name }: UsedFeature,
  sources: readonly string[],
): Detection[] | null {
  const source = settings.card && sourceOfColumn(settings.card, settings.label);
  if (!source || !sources.includes(source)) return null;
  const { length } = data.split.train;
  return [
    {
      code: 'feature-of-label',
      severity: 'leak',
      count: length,
      of: length,
      unit: 'rows',
      example: data.split.train[0],
      subject: `${kind}.${name} (column ${source})`,
    },
  ];
}

/**
 * Rows whose value in the log is not that of the first row of their item (user); of a column that the store has not kept,
 * the items (users) that the import found to have several values.
 */
function varies(
  { data, settings, parts }: AuditContext,
  { kind, name, feature }: UsedFeature,
  sources: readonly string[],
): Detection[] | null {
  const { columns, item, user } = data.store.interactions;
  const kept = Object.keys(columns).find((key) =>
    sources.some((source) => keptAsIs(settings.card, key) === source),
  );
  const count = data.store[kind === 'items' ? 'itemIds' : 'userIds'].length;
  const finding = { code: 'feature-varies', severity: 'warning' } as const;
  if (kept === undefined) {
    if (sources.length === 0 || !('varying' in feature) || !feature.varying) return null;
    const subject = `${kind}.${name} (column ${sources[0]})`;
    return [{ ...finding, count: feature.varying, of: count, unit: kind, subject }];
  }
  const values = columns[kept]!;
  const of = kind === 'items' ? item : user;
  const first = new Int32Array(count).fill(-1);
  const tally = new Tally();
  for (let row = 0; row < values.length; row++) {
    if (parts[row] === 0) continue;
    const one = of[row]!;
    if (first[one]! < 0) first[one] = row;
    else if (values[row] !== values[first[one]!]) tally.add(parts[row]!, row, first[one]);
  }
  const subject = `${kind}.${name} (column ${kept})`;
  const found = tally.found({ ...finding, of: rowsInUse(parts), unit: 'rows', subject });
  return found.length > 0 ? found : null;
}

/** The column of the log that a kept column repeats unchanged. */
function keptAsIs(card: Card | null, name: string): string | undefined {
  const spec = card && !Array.isArray(card.interactions.columns) ? card.interactions.columns[name] : name;
  if (typeof spec !== 'object') return spec;
  const changed = spec.over !== undefined || spec.atLeast !== undefined || spec.list !== undefined;
  return changed ? undefined : spec.column;
}

function named({ data }: AuditContext, { kind, name }: UsedFeature, sources: readonly string[]): Detection[] {
  const word = [name, ...sources].find(speaksOfOutcome);
  if (word === undefined) return [];
  const { length } = data.split.train;
  return [
    {
      code: 'feature-named-like-outcome',
      severity: 'warning',
      count: length,
      of: length,
      unit: 'rows',
      subject: `${kind}.${word === name ? name : `${name} (column ${word})`}`,
    },
  ];
}

/** A history of rows whose column is positive, where that column is no 0 or 1 (`history-of-measure`). */
export function historyOfMeasure(context: AuditContext): Detection[] {
  const { data, settings } = context;
  const names = settings.model.histories.map(({ events }) => sourceOf(settings, events));
  return [...new Set(names)].flatMap((name) => {
    const values = data.store.interactions.columns[name ?? ''];
    return values ? measured(values, name!, context) : [];
  });
}

function measured(values: Float32Array, subject: string, { parts }: AuditContext): Detection[] {
  const tally = new Tally();
  for (let row = 0; row < values.length; row++) {
    if (parts[row]! > 0 && values[row] !== 0 && values[row] !== 1) tally.add(parts[row]!, row);
  }
  return tally.found({
    code: 'history-of-measure',
    severity: 'note',
    of: rowsInUse(parts),
    unit: 'rows',
    subject,
  });
}
