// @ts-check
import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The machine in words, without its name. */
export function describeMachine() {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${availableParallelism()} cores, ${gib} GiB, ${type()}`;
}

/** The commit that is measured; `+` where files have changed since. */
export function describeCommit() {
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync('git', args, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
    }).trim();
  try {
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--', 'src', 'bench', ':!bench/results') ? '+' : '')
    );
  } catch {
    return null;
  }
}
