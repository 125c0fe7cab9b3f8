import { randomStream } from '../base/index.js';
import type { TuneConfig } from '../config/index.js';
import { type Assignment, draw, type Space, sizeOf, valueAt } from './domain.js';
import { startup, suggest } from './tpe.js';

/** More combinations than this are not listed, since no two draws are likely to be equal. */
const mostListed = 10_000;

/** Says what each trial tries. A function of its settings, the number and what is handed in: it keeps no state. */
export interface Sampler {
  /** How many assignments there are; Infinity where there is no end to them. */
  readonly size: number;
  /**
   * @param number of the trial, from 0, below `size`
   * @param before what the trials before it try
   * @param ended assignments of those of them that have ended, best first; only tpe looks at them
   */
  assign(number: number, before: readonly Assignment[], ended: readonly Assignment[]): Assignment;
}

export function samplerOf({ sampler, space, seed }: Pick<TuneConfig, 'sampler' | 'space' | 'seed'>): Sampler {
  const size = Object.values(space).reduce((product, domain) => product * sizeOf(domain), 1);
  const random = randomly(space, seed, size);
  switch (sampler) {
    case 'grid':
      return { size, assign: (number) => cellAt(space, number) };
    case 'random':
      return { size, assign: (number) => random(number) };
    case 'tpe':
      return {
        size,
        assign: (number, before, ended) =>
          ended.length < startup
            ? firstNew(number, before, random)
            : byTpe(space, seed, number, before, ended, random),
      };
  }
}

/** All combinations in the order in which odometers count: the last option changes first. */
export function cellAt(space: Space, number: number): Assignment {
  let rest = number;
  const entries = Object.entries(space)
    .reverse()
    .map(([path, domain]) => {
      const size = sizeOf(domain);
      const value = valueAt(domain, rest % size);
      rest = Math.floor(rest / size);
      return [path, value] as const;
    });
  return Object.fromEntries(entries.reverse());
}

/** The same trial whatever came before; where combinations are few, none comes twice. */
function randomly(space: Space, seed: number, size: number): (number: number) => Assignment {
  if (size <= mostListed) {
    const order = randomStream(seed, 'tune', 'order').shuffle(Int32Array.from({ length: size }, (_, i) => i));
    return (number) => cellAt(space, order[number % size]!);
  }
  return (number) =>
    Object.fromEntries(
      Object.entries(space).map(([path, domain]) => [
        path,
        draw(domain, randomStream(seed, 'tune', number, path)),
      ]),
    );
}

/** Runs repeat themselves exactly, so trying an assignment again tells nothing: then another is drawn. */
function byTpe(
  space: Space,
  seed: number,
  number: number,
  before: readonly Assignment[],
  ended: readonly Assignment[],
  random: (number: number) => Assignment,
): Assignment {
  const tried = new Set(before.map((assignment) => JSON.stringify(assignment)));
  for (let attempt = 0; attempt < 20; attempt++) {
    const assignment = suggest(space, ended, [seed, 'tune', 'tpe', number, attempt]);
    if (!tried.has(JSON.stringify(assignment))) return assignment;
  }
  return firstNew(number, before, random);
}

/** The random assignment of that number, or of the first number after it that was not tried. */
function firstNew(
  number: number,
  before: readonly Assignment[],
  random: (number: number) => Assignment,
): Assignment {
  const tried = new Set(before.map((assignment) => JSON.stringify(assignment)));
  for (let i = number; ; i++) {
    const assignment = random(i);
    // Of the listed combinations one is left, since there are fewer trials; of the others every one is new in the end.
    if (!tried.has(JSON.stringify(assignment))) return assignment;
  }
}
