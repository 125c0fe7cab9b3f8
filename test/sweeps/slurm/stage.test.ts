import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { slurmSchema } from '../../../src/config/index.js';
import type { CellResult } from '../../../src/sweeps/cell.js';
import { type Work, waitingCell } from '../../../src/sweeps/cellRunner.js';
import { jobNamed, tasksOf } from '../../../src/sweeps/slurm/commands.js';
import { SlurmStage, type SlurmSurroundings } from '../../../src/sweeps/slurm/stage.js';
import { temporaryFolder } from '../../support/index.js';

// The commands of Slurm, which here say what a test has put into a file, as Slurm 22.05 says it.
const { PATH } = process.env;
let folder: string;
let bin: string;
beforeEach(() => {
  folder = temporaryFolder();
  bin = join(folder, 'bin');
  mkdirSync(bin);
  process.env.PATH = `${bin}:${PATH}`;
  commands({ scancel: '', sacct: 'echo Slurm accounting storage is disabled >&2; exit 1' });
});
afterAll(() => {
  process.env.PATH = PATH;
});

function commands(scripts: Readonly<Record<string, string>>): void {
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${folder}/calls'\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
}
const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
const says = (text: string): string => `printf '${text}'`;

const work = (label: string): Work => ({
  job: {
    label,
    coordinates: {},
    seed: 1,
    columns: [],
    experiment: { name: 's', engine: { name: 'auto', threads: 'auto' }, train: { epochs: 3 } },
    origins: {},
  } as unknown as Work['job'],
  identity: `identity of ${label}`,
  engine: 'wasm',
});

/** Milliseconds between looks; time enough for a test to put something down. */
const pauses = { first: 100, growth: 1, most: 100 };

/** Follows the cells; what is known of them is what tasks have put down. */
function stage({ failFast = false, retry = null as string | null, stop = new AbortController() } = {}) {
  const results: CellResult[] = [];
  const notes: string[] = [];
  const surroundings = {
    index: { refresh: async () => {} },
    runner: { abandon: async () => {}, known: async () => null },
    watch: {
      begin: ({ label }: Work['job']) => notes.push(`${label} begins`),
      epoch: ({ label }: Work['job'], epoch: number) => notes.push(`${label} epoch ${epoch}`),
      end() {},
      result: async (result: CellResult) => {
        results.push(result);
        return failFast && result.state === 'failed';
      },
    },
    note: (text: string) => notes.push(text),
    submission: {
      config: slurmSchema.parse({}),
      atOnce: null,
      sweep: join(folder, 'sweep'),
      settings: { resultsDir: folder, dataDir: folder, cacheDir: folder },
      command: [],
      retry,
    },
    label: 's-1',
    queued() {},
  } as unknown as SlurmSurroundings;
  return { run: new SlurmStage(surroundings, stop.signal, pauses), results, notes, stop };
}
const inSubmission = (name: string, number = 1): string =>
  join(folder, 'sweep', 'slurm', String(number), name);
const states = (results: readonly CellResult[]) =>
  results.map(({ label, state, reason }) => [label, state, reason]);

describe('what Slurm knows of a job', () => {
  const job = { id: '7', cluster: 'alpha' };

  it('is asked of the accounts for what the queue has forgotten', async () => {
    commands({
      squeue: 'echo slurm_load_jobs error: Invalid job id specified >&2; exit 1',
      sacct: says('7_0|COMPLETED\\n7_1|CANCELLED by 0\\n'),
    });
    expect([...(await tasksOf(job, 3))].map(([i, { state }]) => [i, state])).toEqual([
      [0, 'COMPLETED'],
      [1, 'CANCELLED'],
    ]);
    expect(calls()).toEqual([
      'squeue --clusters=alpha --jobs=7 --array --noheader --states=all --format=%i|%T|%r',
      'sacct --clusters=alpha --jobs=7 --allocations --noheader --parsable2 --format=JobID,State',
    ]);
  });

  it('is not asked of them otherwise', async () => {
    commands({ squeue: says('7_0|RUNNING|None\\n') });
    expect((await tasksOf(job, 1)).size).toBe(1);
    expect(calls()).toHaveLength(1);
  });

  it('is not known while the controller does not answer', async () => {
    commands({ squeue: 'echo slurm_load_jobs error: Unable to contact slurm controller >&2; exit 1' });
    await expect(tasksOf(job, 1)).rejects.toThrow('Unable to contact slurm controller');
    await expect(jobNamed('s-1-00')).rejects.toThrow('Unable to contact');
  });

  it('can be found by its name', async () => {
    commands({ squeue: says('9\\n9\\n') });
    expect(await jobNamed('s-1-00')).toEqual({ id: '9', cluster: null });
    commands({ squeue: '' });
    expect(await jobNamed('s-1-00')).toBeNull();
    commands({ sacct: says('12_0\\n') });
    expect(await jobNamed('s-1-00')).toEqual({ id: '12', cluster: null });
  });
});

describe('cells as tasks of a job', () => {
  it('are told by what their tasks have put down, or else by how Slurm says that they ended', async () => {
    commands({
      sbatch: says('7\\n'),
      squeue: says(
        '7_0|COMPLETED|None\\n7_1|FAILED|NonZeroExitCode\\n7_2|TIMEOUT|TimeLimit\\n7_3|FAILED|None\\n7_4|FAILED|None\\n',
      ),
    });
    const { run, results, notes } = stage();
    const works = ['done', 'lost', 'slow', 'short', 'stopped'].map(work);
    const ending = run.run(works);
    while (!notes.some((note) => note.startsWith('submitted as job 7'))) await new Promise(setImmediate);
    const put = (i: number, change: Partial<CellResult>) =>
      writeFileSync(
        inSubmission(`${i}.json`),
        JSON.stringify({ ...waitingCell(works[i]!.job, works[i]!.identity), ...change }),
      );
    put(0, { state: 'finished', metrics: { auc: 0.5 } });
    writeFileSync(inSubmission('1.log'), 'begins\nbash: no such thing\n');
    put(3, { reason: 'its time limit was near', epochs: 2 });
    put(4, {});
    await ending;
    expect(states(results)).toEqual([
      ['done', 'finished', null],
      ['lost', 'failed', 'its task ended as FAILED without a result: bash: no such thing'],
      ['slow', 'waiting', expect.stringContaining('its time limit came')],
      ['short', 'waiting', 'its time limit was near'],
      ['stopped', 'waiting', 'it was told to stop'],
    ]);
    // Nobody needs to look after it again.
    expect(JSON.parse(readFileSync(inSubmission('job.json'), 'utf8'))).toEqual({
      job: { id: '7', cluster: null },
      ended: true,
    });
    const { tasks } = JSON.parse(readFileSync(inSubmission('tasks.json'), 'utf8'));
    expect(tasks[0].job.experiment.engine).toEqual({ name: 'wasm', threads: 'auto' });
  });

  it('are followed through a controller that does not answer, a requeue and forgetfulness', async () => {
    // Each look has its answer.
    commands({
      sbatch: says('7\\n'),
      squeue: `n=$(grep -c ^squeue '${folder}/calls')
case $n in
1) echo 'slurm_load_jobs error: Socket timed out' >&2; exit 1 ;;
2) echo '7_0|RUNNING|None' ;;
3) echo '7_0|PENDING|(launch failed requeued held)' ;;
4) echo '7_0|RUNNING|None' ;;
esac`,
    });
    const { run, results, notes } = stage();
    const ending = run.run([work('one')]);
    while (notes.length === 0) await new Promise(setImmediate);
    writeFileSync(inSubmission('0.now.json'), JSON.stringify({ epoch: 2, validation: {} }));
    await ending;
    expect(notes.slice(1)).toEqual([
      'Slurm does not answer (Socket timed out); asking again',
      'one begins',
      'one epoch 2',
      'one, seed 1 is back in the queue, to go on from its checkpoint',
      'job 7 waits in the queue: Slurm says (launch failed requeued held)',
      'one begins',
    ]);
    // Three looks later.
    expect(states(results)).toEqual([
      ['one', 'failed', 'Slurm knows nothing of its task any more; it has no log'],
    ]);
    expect(calls().filter((call) => call.startsWith('squeue'))).toHaveLength(7);
  });

  it('are not submitted while they are queued, and are once more where an earlier job left nothing', async () => {
    commands({ sbatch: says('7\\n'), squeue: says('7_0|PENDING|Resources\\n7_1|RUNNING|None\\n') });
    const first = stage();
    const ending = first.run.run([work('a'), work('b'), work('c')]);
    while (first.notes.length === 0) await new Promise(setImmediate);
    first.stop.abort();
    await ending;
    expect(first.results).toEqual([]);
    expect(first.notes.at(-1)).toContain('`scancel 7`');

    commands({ sbatch: says('8\\n'), squeue: says('7_0|PENDING|Resources\\n7_1|FAILED|None\\n') });
    const second = stage();
    const again = second.run.run([work('a'), work('b'), work('c')]);
    while (!second.notes.some((note) => note.includes('job 8'))) await new Promise(setImmediate);
    second.stop.abort();
    await again;
    expect(states(second.results)).toEqual([['b', 'failed', expect.stringContaining('it has no log')]]);
    expect(second.notes.some((note) => note.startsWith('following 1 cell of job 7'))).toBe(true);
    const { tasks } = JSON.parse(readFileSync(inSubmission('tasks.json', 2), 'utf8'));
    expect(tasks.map(({ job }: Work) => job.label)).toEqual(['c']);

    // With --retry what failed is begun once more.
    commands({ sbatch: says('9\\n') });
    const third = stage({ retry: '2026-01-01T00:00:00Z' });
    const once = third.run.run([work('b')]);
    while (!third.notes.some((note) => note.includes('job 9'))) await new Promise(setImmediate);
    third.stop.abort();
    await once;
    expect(third.results).toEqual([]);
  });

  it('are taken out of the queue at the first loss, each by its own number', async () => {
    commands({
      sbatch: says('7\\n'),
      squeue: `if grep -q ^scancel '${folder}/calls'; then echo '7_0|CANCELLED|None'; else echo '7_0|RUNNING|None'; fi
echo '7_1|OUT_OF_MEMORY|OutOfMemory'`,
    });
    const { run, results } = stage({ failFast: true });
    await run.run([work('a'), work('b')]);
    expect(calls().filter((call) => call.startsWith('scancel'))).toEqual(['scancel 7_0']);
    expect(states(results).map(([label, state]) => [label, state])).toEqual([
      ['b', 'failed'],
      ['a', 'waiting'],
    ]);
  });

  it('come in several jobs where they are too many for one', async () => {
    commands({ sbatch: says('7\\n'), squeue: '' });
    const { run, notes, stop } = stage();
    const ending = run.run(Array.from({ length: 1001 }, (_, i) => work(String(i))));
    while (notes.length < 1) await new Promise(setImmediate);
    stop.abort();
    await ending;
    expect(readFileSync(inSubmission('job.sh', 1), 'utf8')).toContain('--array=0-999\n');
    expect(readFileSync(inSubmission('job.sh', 2), 'utf8')).toContain('--array=0-0\n');
  });
});
