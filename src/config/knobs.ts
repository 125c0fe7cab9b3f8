import { UserErrors } from '../base/index.js';
import { type KnobSettings, knobSchema } from '../data/world/options.js';
import { check, shapeOf, type Tree, toValue } from '../schema/index.js';
import { setLayer } from './layers.js';
import { merge } from './merge.js';

const shape = shapeOf(knobSchema);

/**
 * Knobs of a simulated world as the command line gives them.
 *
 * @param assignments `name=number` each; of several for one knob the last one counts
 * @throws UserError or UserErrors for names that are none and values out of range
 */
export function knobsFrom(assignments: readonly string[]): KnobSettings {
  if (assignments.length === 0) return {};
  const layers = assignments.map((assignment) => setLayer(assignment, shape, '', 'satiationEffect=0'));
  const tree: Tree = layers.reduce((lower, upper) => merge(lower, upper, shape));
  const problems = check(shape, tree, 'part');
  if (problems.length > 0) throw new UserErrors(problems);
  return knobSchema.parse(toValue(tree));
}
