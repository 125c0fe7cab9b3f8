import { spawn } from 'node:child_process';
import { UserError } from '../../base/index.js';
import { queueFormat, readAccounts, readJob, readQueue, type TaskState } from './states.js';

/** Milliseconds for a command of Slurm to answer. */
const patience = 120_000;

/** An array job. */
export interface SlurmJob {
  readonly id: string;
  /** Where there are several. */
  readonly cluster: string | null;
}

/** The controller does not answer for now. */
export class SlurmBusy extends Error {}

interface Said {
  /** Null where there is no such command. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws UserError where jobs cannot be given to Slurm from here */
export async function requireSlurm(): Promise<void> {
  const { code, stderr } = await command('sbatch', ['--version']);
  if (code === 0) return;
  throw new UserError(
    code === null ? 'there is no Slurm here: sbatch is not on the PATH' : `sbatch: ${lastLine(stderr)}`,
    'Run the command where jobs are submitted, or with --executor local.',
  );
}

/** @throws UserError when Slurm does not take the script; the message has its words */
export async function submit(script: string): Promise<SlurmJob> {
  const { code, stdout, stderr } = await command('sbatch', ['--parsable', script]);
  const job = code === 0 ? readJob(stdout) : null;
  if (job) return job;
  throw new UserError(
    `sbatch did not take the cells: ${lastLine(stderr) || lastLine(stdout)}`,
    `Mend the section slurm of the project file; the script is ${script}.`,
  );
}

/**
 * What Slurm knows of the tasks of a job; one that has ended long ago is unknown where nobody keeps accounts.
 *
 * @throws SlurmBusy
 */
export async function tasksOf({ id, cluster }: SlurmJob, count: number): Promise<Map<number, TaskState>> {
  const where = [...(cluster === null ? [] : [`--clusters=${cluster}`]), `--jobs=${id}`];
  const queue = await command('squeue', [
    ...where,
    '--array',
    '--noheader',
    '--states=all',
    `--format=${queueFormat}`,
  ]);
  const forgotten = /Invalid job id/i.test(queue.stderr);
  if (queue.code !== 0 && !forgotten) throw new SlurmBusy(lastLine(queue.stderr));
  const known = readQueue(queue.stdout);
  if (known.size >= count) return known;
  const accounts = await command('sacct', [
    ...where,
    '--allocations',
    '--noheader',
    '--parsable2',
    '--format=JobID,State',
  ]);
  return new Map([...readAccounts(accounts.stdout), ...known]);
}

/**
 * The job of that name; null where Slurm knows none.
 *
 * @throws SlurmBusy
 */
export async function jobNamed(name: string): Promise<SlurmJob | null> {
  const args = ['--noheader', '--states=all', `--name=${name}`, '--format=%F'];
  const queue = await command('squeue', args);
  if (queue.code !== 0) throw new SlurmBusy(lastLine(queue.stderr));
  const accounts = await command('sacct', [
    '--allocations',
    '--noheader',
    '--parsable2',
    `--name=${name}`,
    '--starttime=now-30days',
    '--format=JobID',
  ]);
  const [id] = /\d+/.exec(queue.stdout) ?? /\d+/.exec(accounts.stdout) ?? [];
  return id === undefined ? null : { id, cluster: null };
}

/** Takes tasks out of the queue; those that run save and end. */
export async function cancel({ id, cluster }: SlurmJob, tasks: readonly number[]): Promise<void> {
  const where = cluster === null ? [] : [`--clusters=${cluster}`];
  await command('scancel', [...where, ...tasks.map((task) => `${id}_${task}`)]);
}

/** In a group of its own: a Ctrl-C is for whoever asked, and must not break off a submission. */
function command(name: string, args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(name, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: process.env,
      detached: true,
    });
    const timer = setTimeout(() => child.kill(), patience);
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text;
      });
    }
    child.on('error', ({ message }) => {
      clearTimeout(timer);
      resolve({ code: null, stdout: '', stderr: message });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, ...said });
    });
  });
}

/** Without the word for the kind of message and the program before it. */
const lastLine = (text: string): string =>
  (text.trim().split('\n').at(-1) ?? '').replace(/^\w+:? (error|fatal): /, '');
