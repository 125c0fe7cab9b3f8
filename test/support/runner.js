/**
 * jest-light-runner in processes, each of which asks for its settings. Version 0.7, the last for Node.js 20, answers the first
 * who asks to all that have a file to run, and nobody after: who is told before it listens waits for ever. Here each one is answered.
 */
import { createRunner } from 'jest-light-runner';

/** Of each configuration the pool of processes that runs its files. */
class Runners extends Map {
  constructor(runner) {
    super();
    this.runner = runner;
  }

  set(projectConfig, runners) {
    const { _globalConfig: globalConfig, _runtime: runtime } = this.runner;
    if (!globalConfig || !runtime)
      throw new Error('jest-light-runner has changed: see test/support/runner.js');
    if (runtime === 'main_thread') return super.set(projectConfig, runners); // no process, which would ask
    const workerData = { globalConfig, projectConfig, runtime };
    /** To the process that runs a file. */
    const channel = () => {
      let tell;
      return {
        onMessage: (one) => {
          tell = one;
        },
        postMessage: (message) => {
          if (message === 'jest-light-runner-get-worker-data')
            tell({ type: 'jest-light-runner-worker-data', workerData });
        },
      };
    };
    return super.set(projectConfig, {
      ...runners,
      run: (test) => runners.pool.run(test.path, { channel: channel() }),
    });
  }
}

export default class Runner extends createRunner({ runtime: 'child_process' }) {
  _testRunners = new Runners(this);
}
