/** What each process that runs tests does first. */
import { expect } from '@jest/globals';
import { openEngine } from '../../src/engine/index.js';
import { tensorflow } from './engines.js';

process.execArgv = []; // what tests start is plain Node.js
process.setSourceMapsEnabled(true); // errors name lines of the sources
// It keeps its threads as long as the process lives.
if (tensorflow()[0]) await openEngine({ name: 'tensorflow', threads: 1 });

// A test that never ends would keep Jest waiting for ever: its process ends instead, another goes on, and Jest says which file failed.
let [last, since] = ['', Date.now()];
setInterval(() => {
  const { testPath, currentTestName } = expect.getState();
  const now = `${testPath}: ${currentTestName}`;
  if (now !== last) [last, since] = [now, Date.now()];
  else if (Date.now() - since > 600_000) {
    process.stderr.write(`ten minutes without an end: ${now}\n`);
    process.exit(1);
  }
}, 10_000).unref();
