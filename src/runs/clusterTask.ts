/** A task of Slurm, of which some process is part. */
export interface ClusterTask {
  readonly cluster: string;
  /** As Slurm names it: `12`, or `12_3` of an array. */
  readonly id: string;
  /** How often it was put back into the queue, for want of its node or to make room. */
  readonly restarts: number;
}

/** The task that this process is part of; null outside Slurm. */
export function clusterTask(env: NodeJS.ProcessEnv = process.env): ClusterTask | null {
  const { SLURM_ARRAY_JOB_ID: array, SLURM_ARRAY_TASK_ID: index, SLURM_JOB_ID: job } = env;
  const id = array && index ? `${array}_${index}` : job;
  if (!id) return null;
  return { cluster: env.SLURM_CLUSTER_NAME ?? '', id, restarts: Number(env.SLURM_RESTART_COUNT ?? 0) };
}

/** Whether `now` is `before`, begun anew: Slurm does that only once the processes of `before` are no more. */
export function isLaterTry(now: ClusterTask | null, before: ClusterTask | null): boolean {
  return (
    now !== null &&
    before !== null &&
    now.id === before.id &&
    now.cluster === before.cluster &&
    now.restarts > before.restarts
  );
}
