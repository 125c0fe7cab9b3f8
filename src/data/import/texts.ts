import { UserError } from '../../base/index.js';
import type { TextSpec } from '../card.js';
import { type Kind, makeFeatureTable, reportKnown } from './categories.js';
import type { FeatureContext } from './context.js';

/**
 * A text of each of the numbered users or items, '' where there is none; needs the tables `users` and `items`. [count]
 *
 * @throws UserError when not one of them has a text
 */
export async function readTexts(
  context: FeatureContext,
  kind: Kind,
  name: string,
  spec: TextSpec,
  count: number,
): Promise<string[]> {
  const { card, database, tables } = context;
  await makeFeatureTable(context, kind, spec);
  const texts = await database.texts(
    `SELECT coalesce(value, '') FROM ${kind}s LEFT JOIN feature USING (code) ORDER BY code`,
  );
  const known = texts.reduce((sum, text) => (text === '' ? sum : sum + 1), 0);
  if (known === 0) {
    const key = spec.key ?? card.interactions[kind];
    throw new UserError(
      `column ${spec.column} has a text for none of the ${kind}s of the log`,
      `Are the identifiers in column ${key} those of the log?`,
      { file: (await tables.one(spec.file)).path },
    );
  }
  await reportKnown(context, kind, name, spec.file, known, count);
  return texts;
}
