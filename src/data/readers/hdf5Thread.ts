/** Runs in the thread that `openHdf5` starts: gets a task, answers by messages. */

import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../../base/index.js';
import { readHdf5 } from './hdf5Read.js';
import type { Hdf5Answer, Hdf5Task } from './hdf5Task.js';

const port = parentPort!;
const answer = (message: Hdf5Answer): void => port.postMessage(message);
const answerWithFile = async (message: Hdf5Answer): Promise<number> => {
  answer(message);
  const [descriptor] = (await once(port, 'message')) as [number];
  return descriptor;
};

try {
  await readHdf5(workerData as Hdf5Task, answer, answerWithFile);
  answer({ kind: 'done' });
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  answer({ kind: 'failed', problem: error.problem, fix: error.fix });
}
