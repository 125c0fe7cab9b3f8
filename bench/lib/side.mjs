// @ts-check
/**
 * One side of a comparison is a process that keeps its state: it prints a line of JSON when it is ready (what it is),
 * then answers each line `run` with a line of JSON: seconds, examples, peak memory, checks. So both sides stay warm
 * while they take turns, and each one's memory is its own.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * @typedef {{ device: string, threads: number, versions: Record<string, string> }} Ready
 * @typedef {{ seconds: number, examples: number, peakMemoryBytes: number, checks?: Record<string, number> }} Answer
 * @typedef {{ command: string, args: readonly string[], cwd?: string, env?: Record<string, string> }} Command
 */

/** This side cannot run here; the message says why, in one line. */
export class AbsentError extends Error {}

/** @type {Set<Side>} */
const running = new Set();

/** Ends every side that still runs, children of children too. */
export function endAll() {
  for (const side of running) side.end();
}

export class Side {
  /** @param {Command} command */
  constructor({ command, args, cwd, env }) {
    this.words = '';
    this.ended = false;
    // A process group of its own: ending it ends the processes that it started.
    this.process = spawn(command, args, { detached: true, cwd, env: { ...process.env, ...env } });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.process.stderr.setEncoding('utf8').on('data', (text) => {
      this.words = (this.words + text).slice(-8000);
    });
    this.process.stdin.on('error', () => {}); // it has ended; the next answer says so
    this.exited = new Promise((resolve) => {
      this.process.on('error', (error) => resolve(error.message));
      this.process.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    running.add(this);
  }

  /** @returns {Promise<Ready>} */
  async ready() {
    const answer = await this.answer();
    if ('absent' in answer) throw new AbsentError(String(answer.absent));
    return /** @type {Ready} */ (answer);
  }

  /** @returns {Promise<Answer>} */
  async run() {
    this.process.stdin.write('run\n');
    return /** @type {Answer} */ (await this.answer());
  }

  end() {
    if (this.ended) return;
    this.ended = true;
    running.delete(this);
    this.process.stdin.end();
    try {
      if (this.process.pid) process.kill(-this.process.pid, 'SIGKILL');
    } catch {
      // it has ended by itself
    }
  }

  /** @returns {Promise<Record<string, unknown>>} */
  async answer() {
    const { value, done } = await this.lines.next();
    if (!done) return JSON.parse(value);
    const how = await this.exited;
    throw new Error(`${this.process.spawnargs.slice(0, 2).join(' ')}: ${how}\n${this.words.trim()}`);
  }
}
