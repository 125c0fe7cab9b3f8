/** Our end of the line protocol of lib/side.mjs. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { UserError } from '../../dist/base/index.js';
import { openEngine } from '../../dist/engine/index.js';
import { leaveKernels } from '../../dist/engine/kernels.js';

/** Settings of this side, as the comparison gives them, with `threads`, `quick` and `folder` (of the inputs). */
export const settings = JSON.parse(process.argv[2] ?? '{}');

/** Adam as everybody has it, for `Optimizer`. */
export const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: null };

/** This side cannot run here. */
export class Absent extends Error {}

/** Starts the engine that the settings name, native where they name none; `kernels`: it must have them, or leaves them. */
export async function startEngine() {
  const engine = await openEngine({ name: settings.engine ?? 'tensorflow', threads: settings.threads }).catch(
    (error) => {
      throw error instanceof UserError ? new Absent(error.problem) : error;
    },
  );
  if (settings.kernels === true && !engine.kernels) throw new Absent('the kernels are not compiled');
  if (settings.kernels !== false) return engine;
  leaveKernels();
  return { ...engine, version: engine.version.replace(/, kernels.*/, ', without kernels') };
}

/** While the other side works this one sleeps, and a processor that wakes takes its time to come to its speed. */
const WAKING_MS = 1000;

function wake() {
  const until = performance.now() + WAKING_MS;
  while (performance.now() < until);
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

/**
 * Serves until the input ends.
 *
 * @param start makes everything that need not be timed and returns { device, versions, run }, where `run` does one
 *   repetition and returns { examples, checks, seconds }; without `seconds` it is timed as a whole
 */
export async function serve(start) {
  try {
    const { run, device, versions = {}, threads = settings.threads } = await start();
    say({ device, threads, versions: { node: process.versions.node, ...versions } });
    for await (const _ of createInterface({ input: process.stdin })) {
      wake();
      const began = performance.now();
      const answer = await run();
      say({ seconds: (performance.now() - began) / 1000, ...answer, peakMemoryBytes: peakMemory() });
    }
  } catch (error) {
    if (!(error instanceof Absent)) throw error;
    say({ absent: error.message });
  }
}

/** Of this process since it began its program: what `maxRSS` says on Linux includes the moment before. */
function peakMemory() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
