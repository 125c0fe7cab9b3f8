import { didYouMean, UserError, UserErrors } from '../../base/index.js';
import type { ArrayFile } from './arrayFile.js';
import type { ModelDescription } from './describe.js';
import type { InputSpec } from './inputs.js';
import { isFeature, ownName } from './probeData.js';
import { lengthOfSide, type Side, type Sides, shapeText } from './sides.js';

/**
 * Compares the arrays that are there with those that a model takes, and finds the sizes on which their shapes depend.
 *
 * @param weights null: none are given
 * @throws UserErrors: every array that is missing, not wanted, or of another shape, with both shapes
 */
export function settleSizes(
  model: ModelDescription,
  specs: readonly InputSpec[],
  inputs: ArrayFile,
  weights: ArrayFile | null,
): Map<string, number> {
  const settling = new Settling();
  const wanted = new Map(specs.map((spec) => [spec.name, spec]));
  for (const { name, shape, type, optional } of specs) {
    if (optional || inputs.names.includes(name)) continue;
    settling.report(inputs, `there is no ${name}`, `Expected ${shapeText(shape)} of ${typeText(type)}.`);
  }
  settling.refuseOthers(inputs, [...wanted.keys()], 'Arrays that the model takes');
  for (const { name, shape } of specs) {
    if (inputs.names.includes(name)) settling.look(inputs, name, shape);
  }
  if (weights) {
    for (const [name, shape] of model.weights) {
      if (weights.names.includes(name) || model.ofUnknown.has(name)) continue;
      const expected = `Expected ${shapeText(shape, settling.sizes)}.`;
      settling.report(weights, `there is no ${name}`, [expected, ...readAs(name, inputs)].join(' '));
    }
    settling.refuseOthers(weights, [...model.weights.keys()], 'Weights of the model');
    const given = [...model.weights].filter(([name]) => weights.names.includes(name));
    // What depends on one size alone settles it for what depends on several.
    const order = given.sort(([, a], [, b]) => most(a) - most(b));
    for (const [name, shape] of order) settling.look(weights, name, shape, inputs);
  }
  settling.finish();
  return settling.sizes;
}

export const typeText = (type: InputSpec['type']): string =>
  type === 'int' ? 'whole numbers' : type === 'time' ? 'numbers' : 'floats';

/** Sizes that one side depends on, at most. */
const most = (shape: Sides): number => Math.max(0, ...shape.map(({ terms }) => terms.length));

/** Which category a weight may belong to, as its array may be a vector that lost a side. */
function readAs(weight: string, inputs: ArrayFile): string[] {
  const parts = weight.split('.');
  const feature = inputs.names.find(
    (name) => isFeature(name) && inputs.shape(name).length === 1 && parts.includes(ownName(name)),
  );
  if (feature === undefined) return [];
  const [count] = inputs.shape(feature);
  return [
    `${feature} of ${inputs.path} is [${count}] and read as categories; vectors are [${count}, width].`,
  ];
}

class Settling {
  readonly sizes = new Map<string, number>();
  /** The input, and its sides, that settled a size. */
  private readonly settledBy = new Map<string, { readonly name: string; readonly shape: Sides }>();
  private readonly problems: UserError[] = [];

  report(file: ArrayFile, problem: string, fix: string): void {
    this.problems.push(new UserError(problem, fix, { file: file.path }));
  }

  refuseOthers(file: ArrayFile, known: readonly string[], label: string): void {
    for (const name of file.names) {
      if (known.includes(name)) continue;
      const found = `${name} [${file.shape(name).join(', ')}]`;
      this.report(file, `the model takes no ${found}`, didYouMean(name, known, label));
    }
  }

  /** Settles what is open in a shape by the array's own, and reports one that differs. */
  look(file: ArrayFile, name: string, shape: Sides, inputs?: ArrayFile): void {
    const found = file.shape(name);
    if (found.length === shape.length) {
      shape.forEach((side, axis) => {
        this.solve(side, found[axis]!, inputs ? null : { name, shape });
      });
      if (shape.every((side, axis) => lengthOfSide(side, this.sizes) === found[axis])) return;
    }
    const expected = shapeText(shape, this.sizes);
    const fix = inputs ? this.otherInput(found, shape, inputs) : this.whence(file, name, shape);
    this.report(file, `${name} is [${found.join(', ')}], expected ${expected}`, fix);
  }

  finish(): void {
    if (this.problems.length > 0) throw new UserErrors(this.problems);
  }

  private solve(
    { constant, terms }: Side,
    length: number,
    by: { readonly name: string; readonly shape: Sides } | null,
  ): void {
    const open = terms.filter(([size]) => !this.sizes.has(size));
    if (open.length !== 1) return;
    const [[size, times]] = open as [readonly [string, number]];
    const known = terms.reduce((sum, [name, n]) => sum + n * (this.sizes.get(name) ?? 0), constant);
    const value = (length - known) / times;
    if (!Number.isInteger(value) || value < 0) return;
    this.sizes.set(size, value);
    if (by) this.settledBy.set(size, by);
  }

  /** Which of the inputs the sizes of a shape come from. */
  private whence(file: ArrayFile, name: string, shape: Sides): string {
    const others = shape.flatMap(({ terms }) =>
      terms.flatMap(([size]): string[] => {
        const by = this.settledBy.get(size);
        if (!by || by.name === name) return [];
        return [`${by.name} [${file.shape(by.name).join(', ')}] (${size})`];
      }),
    );
    const known = [...new Set(others)].join(', ');
    return known ? `It goes with ${known}: correct one of them.` : 'Correct the array.';
  }

  /** The weights may be right and the input that a size was taken from wrong. */
  private otherInput(found: readonly number[], shape: Sides, inputs: ArrayFile): string {
    for (const [axis, side] of shape.entries()) {
      const [term] = side.terms;
      const by = term && this.settledBy.get(term[0]);
      const value = term ? (found[axis]! - side.constant) / term[1] : Number.NaN;
      if (!by || side.terms.length > 1 || !Number.isInteger(value) || value === this.sizes.get(term![0]))
        continue;
      const other = shapeText(by.shape, new Map([...this.sizes, [term![0], value]]));
      return `${by.name} of ${inputs.path} is [${inputs.shape(by.name).join(', ')}]; these weights go with ${other}.`;
    }
    return 'See the weights of the model: mvrec models NAME --inputs, with the same options.';
  }
}
