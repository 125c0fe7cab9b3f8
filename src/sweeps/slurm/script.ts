import { shellWord, UserError } from '../../base/index.js';
import type { SlurmConfig } from '../../config/index.js';

export interface ScriptRequest {
  /** By which the job is found again. */
  readonly name: string;
  /** Where its files and logs lie. */
  readonly folder: string;
  readonly tasks: number;
  /** Most of them at once; null: as many as Slurm lets. */
  readonly atOnce: number | null;
  readonly config: SlurmConfig;
  /** Words that a task runs. */
  readonly command: readonly string[];
}

/** The signal of a time limit that is near; a preemption or `scancel` sends SIGTERM. */
export const timeSignal = 'SIGUSR2';

/**
 * What `sbatch` takes: an array job, a task a cell.
 *
 * @throws UserError for a folder whose name Slurm cannot write logs into
 */
export function scriptText({ name, folder, tasks, atOnce, config, command }: ScriptRequest): string {
  if (/[%\\\n\r]/.test(folder)) {
    throw new UserError(
      `Slurm cannot write logs into ${folder}`,
      'Name a folder of results without %, \\ and line breaks in its path with MVREC_RESULTS_DIR.',
    );
  }
  const { partition, time, cpus, mem, gres, account, qos, constraint, saveSeconds, options } = config;
  const asked = {
    'job-name': name,
    array: `0-${tasks - 1}${atOnce === null ? '' : `%${atOnce}`}`,
    output: `${folder}/%a.log`,
    'open-mode': 'append',
    // To the process itself: `B:` names the shell of the script, whose place it takes.
    signal: `B:${timeSignal.slice(3)}@${saveSeconds}`,
    ntasks: 1,
    'cpus-per-task': cpus,
    partition,
    time,
    mem,
    gres,
    account,
    qos,
    constraint,
  };
  const lines = Object.entries(asked).flatMap(([key, value]) =>
    value === undefined ? [] : [`--${key}=${quoted(String(value))}`],
  );
  return [
    '#!/bin/sh',
    ...[...lines, '--requeue', ...options.map(quoted)].map((option) => `#SBATCH ${option}`),
    `exec ${[...command, folder].map(shellWord).join(' ')}`,
    '',
  ].join('\n');
}

/** A word as sbatch reads it from a script; unlike a shell it minds backslashes within all quotes, and nothing but quotes else. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replace(/[\\"]/g, '\\$&')}"`;
}
