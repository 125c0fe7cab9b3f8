import { afterAll, beforeAll } from '@jest/globals';
import { type Outcome, runCommandLine } from '../../src/cli/main.js';
import { temporaryFolder } from './paths.js';
// Commands load these when they run, several at once, which Node's loader for tests does not bear.
import '../../src/cli/import.js';
import '../../src/cli/init.js';
import '../../src/cli/data-progress.js';

/**
 * Runs command lines in this process, quietly, in a fresh folder that also holds the data and the results: quicker than
 * `runBin`, for what does not depend on the process. Call it once, at the top of a test file.
 */
export function programInFolder(): {
  readonly folder: string;
  readonly dataDir: string;
  run(...args: readonly string[]): Promise<Outcome>;
} {
  const folder = temporaryFolder();
  const before = process.cwd();
  const variables = { MVREC_DATA_DIR: `${folder}/data`, MVREC_RESULTS_DIR: `${folder}/results` };
  beforeAll(() => {
    process.chdir(folder);
    Object.assign(process.env, variables);
  });
  afterAll(() => {
    process.chdir(before);
    for (const name of Object.keys(variables)) delete process.env[name];
  });
  return {
    folder,
    dataDir: variables.MVREC_DATA_DIR,
    run: (...args) => runCommandLine([...args, '--quiet']),
  };
}
