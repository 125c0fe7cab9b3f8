import { UserError } from '../../base/index.js';
import type { CategoryFeature, VectorFeature } from '../types.js';
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
  const { train } = data.split;
  const positives = train.reduce((sum, row) => sum + data.label[row]!, 0);
  if (Math.min(positives, train.length - positives) < MIN_ROWS) return [];
  const example = train.find((row) => data.label[row] === 1);
  return usedFeatures(context).flatMap(({ kind, name, feature }): Detection[] => {
    const of = kind === 'items' ? data.store.interactions.item : data.store.interactions.user;
    const found =
      'values' in feature
        ? { auc: crossFitted(data, feature, of), subject: name }
        : column(name, bestColumn(data, feature, of));
    if (found.auc < NEARLY_TELLS) return [];
    return [
      {
        code: 'feature-tells-label',
        severity: found.auc >= TELLS ? 'leak' : 'warning',
        count: train.length,
        of: train.length,
        unit: 'rows',
        example,
        subject: `${kind}.${found.subject}`,
        value: found.auc,
      },
    ];
  });
}

const column = (name: string, { auc, column }: { readonly auc: number; readonly column: number }) => ({
  auc,
  subject: `${name}[${column}]`,
});
