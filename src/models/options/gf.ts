import { z } from 'zod';
import { type ModelInfo, positive } from './shared.js';

const exponent = z.number().min(0).max(1);

export const gfSchema = z.strictObject({
  name: z.literal('gf'),
  userExponent: exponent
    .default(0.25)
    .describe('a, how much less a user counts who chose much: R is divided by the degree of users to a.'),
  itemExponent: exponent
    .default(0.1)
    .describe('b, how much less items count that many chose: R is divided by the degree of items to b.'),
  profileExponent: exponent.default(0.25).describe("c, the same for items of the user's own list alone."),
  power: z
    .number()
    .gt(0)
    .max(4)
    .default(1)
    .describe('s, each edge between two items is taken to this power; any but 1 costs more.'),
  content: z
    .array(z.string())
    .refine((names) => new Set(names).size === names.length, { error: 'Name each feature once' })
    .default([])
    .describe('Vectors of items by name, for example [cover], whose likeness adds edges; []: none.'),
  contentNeighbours: positive
    .max(1000)
    .default(10)
    .describe('Items that an item is linked to by each of them.'),
  contentWeight: z
    .number()
    .gt(0)
    .default(3)
    .describe('Weight of these edges, in units of the mean edge of an item to itself in the other graph.'),
});

export type GfOptions = z.output<typeof gfSchema>;

export const gfInfo: ModelInfo = {
  title: 'GF: graph filtering over items, without training',
  paper:
    'Park, Shin and Shin, Turbo-CF: Matrix Decomposition-Free Graph Filtering for Fast Recommendation, SIGIR 2024',
  year: 2024,
  kind: 'collaborative',
  reads: 'user, item; item vectors',
  tables: [],
  presets: {
    turbocf: {
      about: "Turbo-CF's linear filter with the values that its release names for Gowalla: alpha 0.6, s 0.7.",
      values: {
        model: { userExponent: 0.6, itemExponent: 0.4, profileExponent: 0, power: 0.7, content: [] },
      },
    },
  },
};
