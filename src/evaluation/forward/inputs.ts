import type { ModelDescription } from './describe.js';
import { eventName, stepsOf } from './probe.js';
import { type FeatureKind, ownName } from './probeData.js';
import { fixed, type Side, type Sides, side } from './sides.js';

/** An array that a forward pass takes. */
export interface InputSpec {
  readonly name: string;
  readonly shape: Sides;
  /** Whole numbers may come as floats too. */
  readonly type: 'float' | 'time' | 'int';
  readonly about: string;
  readonly optional: boolean;
  /** Of whole numbers: they count something from 0, and -1 has a meaning of its own. Absent: floats. */
  readonly numbers?: { readonly below: string; readonly none: boolean };
}

/** The arrays that a model takes, in a fixed order. */
export function inputSpecs(model: ModelDescription): InputSpec[] {
  const { histories, log } = model;
  const features = [...model.features].map(([name, kind]) => featureSpec(name, kind, model));
  const events = [...new Set(histories.map((history) => eventName(history.events)))];
  const numbers = (name: string, shape: Sides, below: string, about: string): InputSpec => ({
    name,
    shape,
    type: 'int',
    about,
    optional: false,
    numbers: { below, none: false },
  });
  const ofContext = ({ name }: InputSpec): boolean => name.startsWith('context.');
  return [
    ...features.filter((feature) => !ofContext(feature)),
    {
      ...numbers('context.user', [side('contexts')], 'users', 'User of each context.'),
      optional: !usersMatter(model),
    },
    ...features.filter(ofContext),
    ...events.flatMap((event): InputSpec[] => {
      const about = `Items of each context's ${event} events, oldest first, then -1.`;
      const shape = [side('contexts'), side(stepsOf(event))];
      const items: InputSpec = {
        ...numbers(`history.${event}`, shape, 'items', about),
        numbers: { below: 'items', none: true },
      };
      const timed = histories.some((history) => history.times && eventName(history.events) === event);
      if (!timed) return [items];
      const when = 'When each of these events was; anything in the padding.';
      return [items, { name: timesOf(event), shape, type: 'time', about: when, optional: false }];
    }),
    ...(log && log.decides !== 'nothing' ? logSpecs(log.columns, log.decides !== 'logits') : []),
    numbers('pair.context', [side('pairs')], 'contexts', 'Context of each pair.'),
    numbers('pair.item', [side('pairs')], 'items', 'Candidate of each pair.'),
  ];

  function logSpecs(columns: ReadonlySet<string>, optional: boolean): InputSpec[] {
    const shape = [side('interactions')];
    const floats = (column: string, about: string): InputSpec => ({
      name: `log.${column}`,
      shape,
      type: 'float',
      about,
      optional,
    });
    const use = optional ? 'only its initial weights depend on' : 'the model is built on';
    return [
      { ...numbers('log.user', shape, 'users', `User of each row of the log that ${use}.`), optional },
      { ...numbers('log.item', shape, 'items', 'Item of each row.'), optional },
      { ...floats('time', 'When; default: the order of the rows.'), type: 'time', optional: true },
      ...[...columns].map((column) =>
        floats(column, column === 'label' ? '1 for the positive rows.' : `Column ${column} of the log.`),
      ),
    ];
  }
}

/** The input that says when the events of a history were. */
export const timesOf = (event: string): string => `history.${event}.time`;

/** Whether it makes a difference who the user of a context is. */
export function usersMatter({ weights, features, log }: ModelDescription): boolean {
  const grows = [...weights.values()].flat().some(({ terms }) => terms.some(([size]) => size === 'users'));
  return grows || log?.decides === 'logits' || [...features.keys()].some((name) => name.startsWith('user.'));
}

function featureSpec(name: string, kind: FeatureKind, { settled, starts }: ModelDescription): InputSpec {
  const size = (name: string): Side => (settled.has(name) ? fixed(settled.get(name)!) : side(name));
  const [what] = name.split('.') as [string];
  const owner = size(`${what}s`);
  switch (kind.kind) {
    case 'vector': {
      const width = size(`width of ${name}`);
      const shape = kind.clips === null ? [owner, width] : [owner, fixed(kind.clips), width];
      const each =
        kind.clips === null ? `A vector for each ${what}.` : `A vector for each clip of each ${what}.`;
      const about = starts.has(name)
        ? `${each} Weights start with it; given them, only its shape counts.`
        : each;
      return { name, shape, type: 'float', about, optional: false };
    }
    case 'category':
      return {
        name,
        shape: [owner],
        type: 'int',
        about:
          what === 'context'
            ? `Bucket of the column ${ownName(name)} in each context's row, numbered from the least that train rows have; -1: unknown.`
            : `A category for each ${what}; -1: unknown.`,
        optional: false,
        numbers: { below: `values of ${name}`, none: true },
      };
    case 'tags':
      return {
        name,
        shape: [owner, side(`most tags of ${name}`)],
        type: 'int',
        about: `Tags of each ${what}, then -1.`,
        optional: false,
        numbers: { below: `values of ${name}`, none: true },
      };
  }
}
