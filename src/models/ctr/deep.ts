/** An MLP over the embeddings of all fields one beside another (Wide & Deep, DeepFM, AutoInt+). */
import type { ParameterSet } from '../../engine/index.js';
import { type TowerOptions, tower } from '../../layers/index.js';
import type { FieldTables, InputFields } from './input.js';
import { type FieldContexts, type FieldItems, matrixOf, type Part } from './parts.js';

export type DeepOptions = Omit<TowerOptions, 'inputs'>;

/** Weights `deep.1` and so on, the rows of the first in the order of the fields. */
export function deepPart(
  parameters: ParameterSet,
  { counts }: InputFields,
  width: number,
  options: DeepOptions,
  { name = 'deep', tables }: { readonly name?: string; readonly tables?: FieldTables } = {},
): Part {
  const layers = tower(parameters, name, {
    ...options,
    inputs: (counts.contexts + counts.items) * width,
  });
  const from = tables ? `${name}Fields` : 'fields';
  const key = `${name}Context`;
  return {
    name,
    about: 'MLP over the embeddings of all fields.',
    ...(tables && { tables: { [from]: tables } }),
    ofContexts: (contexts): FieldContexts => ({ [key]: layers.columns(matrixOf(contexts, from), 0) }),
    logits: (contexts, items: FieldItems, { context, item }, mode) => {
      const ofItems = layers.columns(items[from]!, counts.contexts * width);
      const ofContexts = matrixOf(contexts, key);
      const parts = [
        { values: ofContexts, row: context },
        { values: ofItems, row: item },
      ];
      return layers.logits(parts, mode);
    },
    running: layers.norms,
  };
}
