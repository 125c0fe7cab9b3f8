/** Where Slurm says that a task of an array is. */
export interface TaskState {
  /** In Slurm's words: `PENDING`, `TIMEOUT`, ... */
  readonly state: string;
  /** Why it waits, in Slurm's word. */
  readonly reason: string | null;
}

/** Tasks that have come to an end. All other states are of tasks that wait or run. */
const ended = new Map<string, string | null>([
  ['COMPLETED', null],
  ['FAILED', null],
  ['OUT_OF_MEMORY', 'Slurm ended it for want of memory: give it more `mem`'],
  ['CANCELLED', 'it was taken out of the queue'],
  ['TIMEOUT', 'its time limit came: give it more `time`, or let it go on from its checkpoint'],
  ['DEADLINE', 'its deadline came'],
  ['PREEMPTED', 'it had to make room for others'],
  ['NODE_FAIL', 'its node failed'],
  ['BOOT_FAIL', 'its node did not start'],
  ['REVOKED', 'another cluster has taken it'],
]);

/** Those that say nothing of the cell, which is begun again when the sweep is asked for once more. */
const innocent = ['CANCELLED', 'TIMEOUT', 'DEADLINE', 'PREEMPTED', 'NODE_FAIL', 'BOOT_FAIL', 'REVOKED'];

export const hasEnded = ({ state }: TaskState): boolean => ended.has(state);

/** Ended by what the cell did. */
export const isLoss = ({ state }: TaskState): boolean => state === 'FAILED' || state === 'OUT_OF_MEMORY';

export const isPending = ({ state }: TaskState): boolean => state === 'PENDING';

/** Format of `squeue` that `readQueue` reads. */
export const queueFormat = '%i|%T|%r';

/** Tasks of an array by their index, from the lines of `squeue --array --noheader`. */
export function readQueue(text: string): Map<number, TaskState> {
  return new Map(
    [...text.matchAll(/^\s*\d+_(\d+)\|(\w+)\|(.*)$/gm)].map(([, index, state, reason]) => [
      Number(index),
      { state: state!, reason: /^\(?(None|null|)\)?$/.test(reason!.trim()) ? null : reason!.trim() },
    ]),
  );
}

/** The same from `sacct --parsable2 --noheader --format=JobID,State`, whose states may be `CANCELLED by 1000`. */
export function readAccounts(text: string): Map<number, TaskState> {
  return new Map(
    [...text.matchAll(/^\d+_(\d+)\|(\w+).*$/gm)].map(([, index, state]) => [
      Number(index),
      { state: state!, reason: null },
    ]),
  );
}

/** What `sbatch --parsable` says: the number, and the cluster where there are several. */
export function readJob(text: string): { readonly id: string; readonly cluster: string | null } | null {
  const [, id, cluster] = /^(\d+)(?:;(\S+))?\s*$/m.exec(text) ?? [];
  return id === undefined ? null : { id, cluster: cluster ?? null };
}

/**
 * What a task without a result comes to, by how it ended.
 *
 * @param state null where Slurm knows nothing of it any more
 * @param log last line of its log
 */
export function verdictOf(
  state: string | null,
  log: string | null,
): { readonly state: 'waiting' | 'failed'; readonly reason: string } {
  if (state !== null && innocent.includes(state)) return { state: 'waiting', reason: ended.get(state)! };
  const how =
    state === null
      ? 'Slurm knows nothing of its task any more'
      : (ended.get(state) ?? `its task ended as ${state} without a result`);
  return { state: 'failed', reason: log === null ? `${how}; it has no log` : `${how}: ${log}` };
}
