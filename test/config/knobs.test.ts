import { describe, expect, it } from '@jest/globals';
import { experimentJsonSchema, knobsFrom } from '../../src/config/index.js';
import { knobSchema } from '../../src/data/world/options.js';
import { load } from './write.js';

const experiment = (knobs: string) =>
  `data:\n  source:\n    world: quickstart\n    knobs: ${knobs}\nmodel:\n  name: random\n`;

describe('knobs in an experiment', () => {
  it('are kept as they are given', async () => {
    const { experiment: loaded } = await load({
      'a.yaml': experiment('{ interests: 1, satiationEffect: 0 }'),
    });
    expect(loaded.data.source).toEqual({
      world: 'quickstart',
      scale: 1,
      seed: 1,
      knobs: { interests: 1, satiationEffect: 0 },
    });
  });

  it('can be set from the command line, one by one', async () => {
    const files = { 'a.yaml': experiment('{ interests: 1 }') };
    const { experiment: loaded } = await load(files, { set: ['data.source.knobs.drift=0'] });
    expect(loaded.data.source).toMatchObject({ knobs: { interests: 1, drift: 0 } });
  });

  it.each([
    ['{ interest: 1 }', 'a.yaml:4:14', 'Did you mean interests?'],
    ['{ categoryNoise: 1.5 }', 'a.yaml:4:29', 'data.source.knobs.categoryNoise is 1.5'],
    ['{ drift: yes }', 'a.yaml:4:21', 'data.source.knobs.drift is the text "yes"'],
    ['3', 'a.yaml:4:12', 'data.source.knobs is 3'],
  ])('%s is refused at its place', async (knobs, place, problem) => {
    const error = load({ 'a.yaml': experiment(knobs) });
    await expect(error).rejects.toThrow(place);
    await expect(error).rejects.toThrow(problem);
  });

  it('are in the schema for editors, each with its meaning', () => {
    const schema = JSON.stringify(experimentJsonSchema());
    for (const [name, knob] of Object.entries(knobSchema.shape)) {
      expect(schema).toContain(`"${name}":`);
      expect(knob.unwrap().description).toMatch(/^\S.*\.$/);
    }
  });
});

describe('knobs on the command line', () => {
  it('are numbers by name, the last one counting', () => {
    expect(knobsFrom(['interests=1', 'drift=0.5', 'interests=3'])).toEqual({ interests: 3, drift: 0.5 });
    expect(knobsFrom([])).toEqual({});
  });

  it.each([
    ['intrests=1', 'Did you mean interests?'],
    ['interests=-1', 'interests is -1 (from --set)'],
    ['interests=many', 'interests is the text "many" (from --set)'],
    ['interests', 'no value'],
    ['interests=', 'interests is empty (from --set)'],
  ])('%s is refused', (assignment, problem) => {
    expect(() => knobsFrom([assignment])).toThrow(problem);
  });
});
