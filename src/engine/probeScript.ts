/** Runs in the child process of `probeEngine`: one argument, a ProbeRequest, and one answer on standard output. */

import * as tf from '@tensorflow/tfjs';
import { UserError } from '../base/index.js';
import { inFolder } from './installation.js';
import { openEngine } from './open.js';
import type { Probe, ProbeRequest } from './probe.js';
import { startTensorflow } from './tensorflow.js';
import type { Started } from './types.js';

async function probe(request: ProbeRequest): Promise<Probe> {
  try {
    const { device, threads, version, kernels, kernelsProblem, emulated } = await start(request);
    await checkProduct();
    const gflops = request.measure > 0 ? await speed(request.measure) : null;
    const memory = process.resourceUsage().maxRSS * 1024;
    const started = { device, threads, version, kernels, kernelsProblem, emulated };
    return { available: true, ...started, gflops, memory };
  } catch (error) {
    if (error instanceof UserError)
      return { available: false, problem: error.problem, fix: error.fix ?? null };
    throw error;
  }
}

function start({ name, threads, folder }: ProbeRequest): Promise<Started> {
  return folder ? startTensorflow(threads, inFolder(folder)) : openEngine({ name, threads });
}

/** A product small enough to be worked out by hand: [[1 2] [3 4]] [[5 6] [7 8]]. */
async function checkProduct(): Promise<void> {
  const product = await tf
    .tidy(() => tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])))
    .data();
  if (product.join() !== '19,22,43,50') throw new Error(`a matrix product gave ${product.join()}`);
}

/** 10⁹ floating-point operations a second, over about the given time. */
async function speed(milliseconds: number): Promise<number> {
  const side = 512;
  const a = tf.fill([side, side], 1 / side);
  const multiply = async (times: number): Promise<void> => {
    const results = tf.tidy(() => Array.from({ length: times }, () => a.matMul(a)));
    await results.at(-1)!.data();
    tf.dispose(results);
  };
  await multiply(1);
  const begin = performance.now();
  let products = 0;
  let seconds = 0;
  for (let times = 1; seconds * 1000 < milliseconds; times = Math.min(32, times * 2)) {
    await multiply(times);
    products += times;
    seconds = (performance.now() - begin) / 1000;
  }
  a.dispose();
  return (products * 2 * side ** 3) / seconds / 1e9;
}

const answer = await probe(JSON.parse(process.argv[2]!) as ProbeRequest);
process.stdout.write(JSON.stringify(answer), () => process.exit(0));
