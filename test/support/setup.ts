/** What each process that runs tests does first. */
import { openEngine } from '../../src/engine/index.js';
import { tensorflow } from './engines.js';

process.execArgv = []; // what tests start is plain Node.js
process.setSourceMapsEnabled(true); // errors name lines of the sources
// It keeps its threads as long as the process lives.
if (tensorflow()[0]) await openEngine({ name: 'tensorflow', threads: 1 });
