import { UserError } from '../../base/index.js';
import type { CategoryFeature, PreparedData, VectorFeature } from '../types.js';
import { bestColumn, crossFitted, MIN_ROWS } from './tell.js';
import type { AuditContext, Detection, ModelUse } from './types.js';

/** A feature that orders the train rows by the label as well as this tells it, or nearly does. */
const TELLS = 0.98;
const NEARLY_TELLS = 0.95;

/** A feature that a model uses. */
export interface UsedFeature {
  readonly kind: 'items' | 'users';
  readonly name: string;
  readonly feature: CategoryFeature | VectorFeature;
}

/** Features of the model, without the identifiers themselves. Throws a UserError where the data have no such feature. */
export function usedFeatures({ data, settings }: Pick<AuditContext, 'data' | 'settings'>): UsedFeature[] {
  const used = (kind: 'items' | 'users'): UsedFeature[] =>
    [...new Set<string>(settings.model[kind satisfies keyof ModelUse])]
      .filter((name) => name !== 'id')
      .flatMap((name) => {
        const { categories, vectors, tags } = data.store[kind];
        const feature = categories[name] ?? vectors[name];
        if (feature) return [{ kind, name, feature }];
        if (tags[name]) return [];
        throw new UserError(
          `${data.store.name} has no feature ${name} of ${kind}, which the model asks for`,
          `There are ${[...Object.keys(categories), ...Object.keys(vectors), 'id'].join(', ')}.`,
        );
      });
  return [...used('items'), ...used('users')];
}

/** Features that tell the label of the train rows (`feature-tells-label`). */
export function tellingFeatures(context: AuditContext): Detection[] {
  const { data } = context;
  if (!canTell(data)) return [];
  return usedFeatures(context).flatMap(({ kind, name, feature }): Detection[] => {
    const of = kind === 'items' ? data.store.interactions.item : data.store.interactions.user;
    if ('values' in feature) return telling(`${kind}.${name}`, crossFitted(data, feature, of), data);
    const { auc, column } = bestColumn(data, feature, of);
    return telling(`${kind}.${name}[${column}]`, auc, data);
  });
}

/** Whether the train part has enough rows of either label to say what tells it. */
export function canTell({ label, split: { train } }: PreparedData): boolean {
  const positives = train.reduce((sum, row) => sum + label[row]!, 0);
  return Math.min(positives, train.length - positives) >= MIN_ROWS;
}

/** The finding that something orders the train rows by the label with an AUC, if that is high. */
export function telling(
  subject: string,
  auc: number,
  { label, split: { train } }: PreparedData,
): Detection[] {
  if (auc < NEARLY_TELLS) return [];
  return [
    {
      code: 'feature-tells-label',
      severity: auc >= TELLS ? 'leak' : 'warning',
      count: train.length,
      of: train.length,
      unit: 'rows',
      example: train.find((row) => label[row] === 1),
      subject,
      value: auc,
    },
  ];
}
