import { UserError } from '../../base/index.js';
import type { HistorySpec } from '../../data/index.js';
import type { Exchange } from '../../engine/index.js';
import type { ModelConfig } from '../../models/index.js';
import { type Probe, probe } from './probe.js';
import type { DataPart, FeatureKind, FeatureKinds } from './probeData.js';
import { type Sides, sidesOf } from './sides.js';

/** What goes into a model and comes out of it, with shapes in terms of sizes such as `items`. */
export interface ModelDescription {
  readonly weights: ReadonlyMap<string, Sides>;
  /** Weights that a model has only where it learns something for unknown, and the category feature of which they are that. */
  readonly ofUnknown: ReadonlyMap<string, string>;
  readonly taps: ReadonlyMap<string, TapDescription>;
  readonly histories: readonly HistorySpec[];
  /** Kinds of the features that it looks at, by `item.NAME`, `user.NAME` and `context.NAME`. */
  readonly features: FeatureKinds;
  /** Those of them that are vectors with which its weights start: with weights given, only their shapes count. */
  readonly starts: ReadonlySet<string>;
  /** Columns of the log that it looks at when it is built, and what depends on that log; null: it looks at no log. */
  readonly log: { readonly columns: ReadonlySet<string>; readonly decides: LogDecides } | null;
  /** Sizes that the options settle, such as the width of a vector that is taken as it is. */
  readonly settled: ReadonlyMap<string, number>;
}

/** `logits`: even when the weights are given; `nothing`: the log is looked at, to check it. */
export type LogDecides = 'logits' | 'initial weights' | 'nothing';

export interface TapDescription {
  readonly shape: Sides;
  readonly type: string;
  readonly about: string;
}

/**
 * Describes a model by trying it: it is built on small made-up data, once more for each size with one more of it, and what
 * grows with what tells the shapes. So the description cannot differ from what the model does. The engine must be one whose
 * values can be read at once: wasm is the quickest of those that are everywhere.
 *
 * @param kinds of features, where they are known
 * @param given sizes that are known
 * @throws UserError for models without weights, and what the model itself refuses
 */
export function describe(
  config: ModelConfig,
  kinds: FeatureKinds = new Map(),
  given: ReadonlyMap<string, number> = new Map(),
): ModelDescription {
  const base = firstThatBuilds(config, kinds, given);
  const { grown, settled } = growEach(config, base);
  const shapes = (of: (probe: Probe) => readonly number[] | undefined): Sides => {
    const shape = of(base)!;
    return sidesOf(
      shape,
      new Map(
        [...grown].map(([size, other]) => [
          size,
          { value: base.sizes.get(size)!, shape: of(other) ?? shape },
        ]),
      ),
    );
  };
  return {
    weights: new Map(
      [...base.weights.keys()].map((name) => [name, shapes(({ weights }) => weights.get(name))]),
    ),
    ofUnknown: weightsOfUnknown(config, base),
    taps: new Map(
      [...base.taps].map(([name, { type }]) => [
        name,
        { type, shape: shapes(({ taps }) => taps.get(name)?.shape), about: base.descriptions[name] ?? '' },
      ]),
    ),
    histories: base.histories,
    features: base.asked.features,
    starts: startsOf(config, base),
    log: base.asked.log && { columns: base.asked.log, decides: logDecides(config, base) },
    settled,
  };
}

/** How to get from what is trained to a weight, by name, where they are not the same. Throws as `describe` does. */
export function exchangesFor(config: ModelConfig): ReadonlyMap<string, Exchange> {
  return firstThatBuilds(config, new Map(), new Map()).exchanges;
}

/** The model with one more of each size in turn, but for those that it does not bear. */
function growEach(config: ModelConfig, base: Probe) {
  const grown = new Map<string, Probe>();
  const settled = new Map<string, number>();
  for (const [size, value] of base.sizes) {
    const given = new Map([...base.sizes, [size, value + 1]]);
    const other = unlessRefused(() => probe(config, base.asked.features, { given }));
    if (other) grown.set(size, other);
    else settled.set(size, value);
  }
  return { grown, settled };
}

/** The weights that go when no unknown of a category feature is learned, with that feature. */
function weightsOfUnknown(config: ModelConfig, { asked, sizes, weights }: Probe): Map<string, string> {
  const categories = [...asked.features].filter(([, { kind }]) => kind === 'category');
  return new Map(
    categories.flatMap(([feature]) => {
      const other = probe(config, asked.features, { given: sizes, withoutUnknown: feature });
      return [...weights.keys()].flatMap((name) =>
        other.weights.has(name) ? [] : [[name, feature] as const],
      );
    }),
  );
}

/** What other rows in the log change. */
function logDecides(config: ModelConfig, base: Probe): LogDecides {
  if (changesLogits(config, base, 'log')) return 'logits';
  const { asked, sizes, values } = base;
  const { values: others } = probe(config, asked.features, { given: sizes, other: 'log' });
  const differ = [...values].some(([name, own]) => own.some((value, i) => value !== others.get(name)![i]));
  return differ ? 'initial weights' : 'nothing';
}

function startsOf(config: ModelConfig, base: Probe): ReadonlySet<string> {
  const vectors = [...base.asked.features].filter(([, { kind }]) => kind === 'vector');
  return new Set(vectors.map(([name]) => name).filter((name) => !changesLogits(config, base, name)));
}

/** Whether a part of the data changes the logits with the weights as they were. */
function changesLogits(
  config: ModelConfig,
  { asked, sizes, values, logits }: Probe,
  other: DataPart,
): boolean {
  const changed = probe(config, asked.features, { given: sizes, weights: values, other });
  return changed.logits.some((logit, p) => logit !== logits[p]);
}

/**
 * The model on data with which it builds. Some take vectors as they are, so that their width must be that of an option: then
 * one of the numbers among the options is it. And some want vectors of users.
 */
function firstThatBuilds(
  config: ModelConfig,
  kinds: FeatureKinds,
  given: ReadonlyMap<string, number>,
): Probe {
  const numbers = Object.values(config).filter((value): value is number => Number.isSafeInteger(value));
  const widths = [...new Set(numbers)].filter((value) => value > 1 && value <= 1024);
  let first: UserError | null = null;
  for (const tried of [kinds, new WithUserVectors(kinds)]) {
    for (const sizes of [given, ...widths.map((width) => new WithWidths(given, width))]) {
      try {
        return probe(config, tried, { given: sizes });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        first ??= error;
      }
    }
  }
  throw first!;
}

/** Kinds in which features of users that are not given are vectors. */
class WithUserVectors extends Map<string, FeatureKind> {
  override get(name: string): FeatureKind | undefined {
    return super.get(name) ?? (name.startsWith('user.') ? { kind: 'vector', clips: null } : undefined);
  }
}

/** Sizes in which all vectors that are not given have one width. */
class WithWidths extends Map<string, number> {
  constructor(
    given: ReadonlyMap<string, number>,
    private readonly width: number,
  ) {
    super(given);
  }

  override get(name: string): number | undefined {
    return super.get(name) ?? (name.startsWith('width of ') ? this.width : undefined);
  }
}

function unlessRefused<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
