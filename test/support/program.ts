import { afterAll, beforeAll } from '@jest/globals';
import { type Outcome, runCommandLine } from '../../src/cli/main.js';
import { restoreEnvironment } from './environment.js';
import { temporaryFolder } from './paths.js';

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
  const [before, environment] = [process.cwd(), { ...process.env }];
  const variables = { MVREC_DATA_DIR: `${folder}/data`, MVREC_RESULTS_DIR: `${folder}/results` };
  beforeAll(() => {
    process.chdir(folder);
    Object.assign(process.env, variables);
  });
  afterAll(() => {
    process.chdir(before);
    restoreEnvironment(environment);
  });
  return {
    folder,
    dataDir: variables.MVREC_DATA_DIR,
    run: (...args) => runCommandLine([...args, '--quiet']),
  };
}
