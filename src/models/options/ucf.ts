import { z } from 'zod';
import { type ModelInfo, positive } from './shared.js';

export const ucfSchema = z.strictObject({
  name: z.literal('ucf'),
  neighbours: positive
    .default(50)
    .describe('k, how many of the most similar users are asked; as many as there are users: all of them.'),
});

export type UcfOptions = z.output<typeof ucfSchema>;

export const ucfInfo: ModelInfo = {
  title: 'UCF: what the most similar users chose (k nearest neighbours, cosine)',
  paper: 'Herlocker et al., An Algorithmic Framework for Performing Collaborative Filtering, SIGIR 1999',
  year: 1999,
  kind: 'collaborative',
  reads: 'user, item',
  tables: ['UVCAN 3'],
  presets: {
    uvcan: {
      about: "UVCAN's table: 50 neighbours; the paper gives no number.",
      values: { model: { neighbours: 50 } },
    },
  },
};
