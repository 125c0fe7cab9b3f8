import { execFileSync } from 'node:child_process';

/** The GPUs that a process may use, as CUDA_VISIBLE_DEVICES names them; none where there are none, or nobody tells. */
export function visibleGpus(env: NodeJS.ProcessEnv = process.env, list = listedGpus): readonly string[] {
  const named = env.CUDA_VISIBLE_DEVICES;
  if (named === undefined) return list();
  return named
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '-1');
}

function listedGpus(): readonly string[] {
  try {
    const args = ['--query-gpu=index', '--format=csv,noheader'];
    const listed = execFileSync('nvidia-smi', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return listed.split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** What a lane's processes get to see: of several GPUs one, in turn. */
export function laneEnvironment(lane: number, gpus: readonly string[]): Readonly<Record<string, string>> {
  return gpus.length > 1 ? { CUDA_VISIBLE_DEVICES: gpus[lane % gpus.length]! } : {};
}
