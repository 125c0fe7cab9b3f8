import { z } from 'zod';

const line = z
  .string()
  .regex(/^[^\n\r\0]+$/)
  .meta({ title: 'text on one line' });

/** `slurm` of the project file: what `mvrec sweep --executor slurm` asks of Slurm for each cell. */
export const slurmSchema = z.strictObject({
  partition: line.optional().describe('Partition, or several with commas.'),
  time: z
    .union([line, z.int().min(1)])
    .optional()
    .describe('Time limit of a cell: minutes, or text as 04:00:00 or 1-12:00:00.'),
  cpus: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe('Cores of a cell; `engine.threads: auto` takes so many.'),
  mem: z
    .union([line, z.int().min(1)])
    .optional()
    .describe('Memory of a cell: MiB, or text as 16G.'),
  gres: line.optional().describe('Further resources of a cell, as gpu:1.'),
  account: line.optional().describe('Account that is charged.'),
  qos: line.optional().describe('Quality of service.'),
  constraint: line.optional().describe('Features that nodes must have.'),
  saveSeconds: z
    .int()
    .min(1)
    .max(65535)
    .default(120)
    .describe('Seconds before the time limit at which a cell is told to save and end; less than `time`.'),
  options: z
    .array(line.startsWith('-').meta({ title: 'an option as --exclude=node7' }))
    .default([])
    .describe("Further options of sbatch, each as one text: '--exclude=node7'."),
});

export type SlurmConfig = z.output<typeof slurmSchema>;
