import { didYouMean, range, UserError } from '../../base/index.js';
import type { Card } from '../card.js';
import type { CategoryFeature } from '../types.js';
import { HeldVectors } from '../vectors.js';
import { sourceOf } from './events.js';
import { canTell, telling } from './features.js';
import { sourceOfColumn, speaksOfOutcome } from './sources.js';
import { bestColumn, crossFitted } from './tell.js';
import type { AuditContext, Detection } from './types.js';

/** What a user says of a video; of an item the same names may mean a thing that is known before. */
const ANSWERS = /^(label|rating|satisfaction|immersion|arousal|valence)$/i;

/**
 * Columns of the log that the model reads as fields of the row itself, and which hold what came of it: the label or what it is made
 * of (`feature-of-label`), another outcome (`field-of-outcome`), or a column that tells the label (`feature-tells-label`).
 */
export function rowColumns(context: AuditContext): Detection[] {
  const { data, settings } = context;
  const { columns } = data.store.interactions;
  return (settings.model.columns ?? []).flatMap((name) => {
    const values = columns[name];
    if (values) return [...outcome(name, context), ...tells(name, values, context)];
    throw new UserError(
      `${data.store.name} has no column ${name}, which the model asks for`,
      didYouMean(name, Object.keys(columns), 'Columns of the log'),
    );
  });
}

function outcome(name: string, { data, settings }: AuditContext): Detection[] {
  const { label, card } = settings;
  const source = card && sourceOfColumn(card, name);
  const ofLabel = name === label || (source && source === sourceOfColumn(card, label));
  if (!ofLabel && !isOutcome(name, settings)) return [];
  const { length } = data.split.train;
  return [
    {
      code: ofLabel ? 'feature-of-label' : 'field-of-outcome',
      severity: 'leak',
      count: length,
      of: length,
      unit: 'rows',
      example: data.split.train[0],
      subject: `log.${name}${source && source !== name ? ` (column ${source})` : ''}`,
    },
  ];
}

/** Told by the names of the column and of its sources, by the card, or by a history that has such rows as its events. */
function isOutcome(name: string, settings: AuditContext['settings']): boolean {
  const { sources, isLabel } = madeOf(settings.card, name);
  const events = [
    ...settings.model.histories.map((history) => history.events),
    'positive',
    'negative',
  ] as const;
  return (
    isLabel ||
    [name, ...sources].some((one) => speaksOfOutcome(one) || ANSWERS.test(one)) ||
    events.some((kind) => sourceOf(settings, kind) === name)
  );
}

/** Columns that a kept one is made of. What it is divided by, such as the length of the video, says nothing of the row. */
function madeOf(card: Card | null, name: string): { sources: readonly string[]; isLabel: boolean } {
  const columns = card?.interactions.columns;
  const spec = columns && !Array.isArray(columns) ? columns[name] : undefined;
  if (spec === undefined || typeof spec === 'string') return { sources: spec ? [spec] : [], isLabel: false };
  const { column, minus, atLeast } = spec;
  return { sources: [column, ...(minus ? [minus] : [])], isLabel: atLeast !== undefined };
}

/** A field's values are buckets of the column, so it is judged by its values as by its order. */
function tells(name: string, values: Float32Array, { data, settings }: AuditContext): Detection[] {
  if (name === settings.label || !canTell(data)) return [];
  const rows = range(0, values.length);
  const byOrder = bestColumn(data, new HeldVectors(values, 1), rows).auc;
  return telling(`log.${name}`, Math.max(byOrder, crossFitted(data, numbered(values), rows)), data);
}

/** Each row as a thing of its own, whose category is its value. */
function numbered(column: Float32Array): CategoryFeature {
  const numbers = new Map<number, number>();
  const values = Int32Array.from(column, (value) => {
    const known = numbers.get(value) ?? numbers.size;
    numbers.set(value, known);
    return known;
  });
  return { values, cardinality: numbers.size };
}
