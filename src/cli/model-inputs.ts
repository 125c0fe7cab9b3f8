import { loadModelConfig } from '../config/index.js';
import { openEngine } from '../engine/index.js';
import { describe, type InputSpec, inputSpecs, type Sides, shapeText } from '../evaluation/index.js';
import type { Output } from './command.js';
import { formatTable, textWidth } from './output.js';

/** What a model takes and hands out with given options, by trying it. */
export async function describeInputs(
  name: string,
  options: readonly string[],
  presets: readonly string[],
): Promise<Output> {
  const config = await loadModelConfig({ name, options, presets });
  await openEngine({ name: 'wasm', threads: 1 });
  const model = describe(config);
  const inputs = inputSpecs(model);
  const weights = [...model.weights].map(([name, shape]) => {
    const unknownOf = model.ofUnknown.get(name);
    const about = `What -1 in ${unknownOf} becomes. May be left out: then that is zero.`;
    return { name, shape, optional: unknownOf !== undefined, about: unknownOf === undefined ? '' : about };
  });
  const taps = [...model.taps].map(([name, tap]) => ({ name, ...tap }));
  const shaped = <T extends { readonly shape: Sides }>(of: readonly T[]) =>
    of.map((one) => ({ ...one, shape: sidesOf(one.shape) }));
  return {
    json: {
      model: config,
      weights: shaped(weights).map(({ name, shape, optional, about }) => ({
        name,
        shape,
        type: 'float32',
        optional,
        ...(about !== '' && { about }),
      })),
      inputs: shaped(inputs).map(({ name, shape, type, optional, about }) => ({
        name,
        shape,
        type: inputType(type),
        optional,
        about,
      })),
      outputs: outputs.map(({ name, about }) => ({ name, shape: ['pairs'], type: 'float32', about })),
      taps: shaped(taps),
    },
    text: [
      table(
        'weight',
        weights.map(({ name, shape, about }) => [
          name,
          shapeText(shape),
          'float',
          ...(model.ofUnknown.size > 0 ? [about] : []),
        ]),
      ),
      table(
        'input',
        inputs.map((input) => [input.name, shapeText(input.shape), inputType(input.type), aboutInput(input)]),
      ),
      table(
        'output',
        outputs.map(({ name, about }) => [name, '[pairs]', 'float', about]),
      ),
      ...(taps.length > 0
        ? [
            table(
              'tap',
              taps.map(({ name, shape, type, about }) => [name, shapeText(shape), shortType(type), about]),
            ),
          ]
        : []),
      'Whole numbers count from 0 and may come as floats. A feature may be of another kind than shown: floats [count, width]\n' +
        'are a vector, floats [count, clips, width] vectors of clips, numbers [count] a category, numbers [count, most] tags.',
    ].join('\n\n'),
  };
}

const outputs = [
  { name: 'logits', about: 'A logit for each pair.' },
  { name: 'probabilities', about: 'Their sigmoid.' },
] as const;

const sidesOf = (shape: Sides): (string | number)[] =>
  shapeText(shape)
    .slice(1, -1)
    .split(', ')
    .filter((side) => side !== '')
    .map((side) => (/^\d+$/.test(side) ? Number(side) : side));

const shortType = (type: string): string => (type === 'float32' ? 'float' : type === 'int32' ? 'int' : type);

/** Times are floats that are read with twice the digits. */
const inputType = (type: InputSpec['type']): string => (type === 'int' ? 'int' : 'float');

const aboutInput = ({ about, optional }: InputSpec): string =>
  optional ? `${about} May be left out.` : about;

/** Names, shapes, types and what they mean; the last column takes what is left of the line. */
function table(title: string, rows: readonly (readonly string[])[]): string {
  const widest = (column: number) =>
    Math.max(...rows.map((row) => row[column]!.length), column === 0 ? title.length : 5);
  const left = Math.max(30, textWidth() - widest(0) - widest(1) - 14);
  const described = (rows[0]?.length ?? 0) > 3;
  const columns = [
    { title },
    { title: 'shape' },
    { title: 'type' },
    ...(described ? [{ title: 'meaning', width: left }] : []),
  ];
  return formatTable(columns, rows);
}
