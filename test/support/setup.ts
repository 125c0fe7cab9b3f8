import { openEngine } from '../../src/engine/index.js';
import { tensorflow } from './engines.js';

/** What each process that runs tests does first. */
export default async function setup(): Promise<void> {
  process.execArgv = []; // what tests start is plain Node.js
  // It keeps its threads as long as the process lives.
  if (tensorflow()[0]) await openEngine({ name: 'tensorflow', threads: 1 });
}
