import { usedFeatures } from './features.js';
import type { AuditContext, Detection } from './types.js';

/**
 * What was fitted on rows or items of the test before a model sees them: vectors that the data set's card says so of
 * (`vectors-fitted-on-all`), and filters that count the rows of all parts (`counted-on-all`).
 */
export function fits(context: AuditContext): Detection[] {
  return [...vectorFits(context), ...filterFits(context)];
}

function vectorFits(context: AuditContext): Detection[] {
  const { data } = context;
  const { item, user } = data.store.interactions;
  return usedFeatures(context).flatMap(({ kind, name, feature }): Detection[] => {
    if (!('fittedOn' in feature) || feature.fittedOn !== 'all') return [];
    const [of, ids] = kind === 'items' ? [item, data.store.itemIds] : [user, data.store.userIds];
    const seen = new Uint8Array(ids.length); // 1: in train, 2: counted
    for (const row of data.split.train) seen[of[row]!] = 1;
    let count = 0;
    let example = -1;
    for (const part of [data.split.validation, data.split.test]) {
      for (const row of part) {
        if (seen[of[row]!]! > 0) continue;
        seen[of[row]!] = 2;
        count++;
        if (example < 0) example = row;
      }
    }
    if (count === 0) return [];
    return [
      {
        code: 'vectors-fitted-on-all',
        severity: 'note',
        count,
        of: ids.length,
        unit: kind,
        example,
        subject: `${kind}.${name}`,
      },
    ];
  });
}

function filterFits({ data, settings }: AuditContext): Detection[] {
  const { validation, test } = data.split;
  return settings.countsAll.map((setting) => ({
    code: 'counted-on-all',
    severity: 'note',
    count: validation.length + test.length,
    of: data.store.interactions.rows,
    unit: 'rows',
    parts: { validation: validation.length, test: test.length },
    setting,
  }));
}
