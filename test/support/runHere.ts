import { runCommandLine } from '../../src/cli/main.js';
import type { BinOptions, BinResult } from './bin.js';
import { projectRoot } from './paths.js';
// Commands load these when they run, several at once, which Node's loader for tests does not bear.
import '../../src/cli/audit.js';
import '../../src/cli/breakdown.js';
import '../../src/cli/claims.js';
import '../../src/cli/confirm.js';
import '../../src/cli/data.js';
import '../../src/cli/data-list.js';
import '../../src/cli/data-progress.js';
import '../../src/cli/import.js';
import '../../src/cli/init.js';
import '../../src/cli/interrupt.js';
import '../../src/cli/metric-names.js';
import '../../src/cli/models.js';
import '../../src/cli/recommend.js';
import '../../src/cli/reporter.js';
import '../../src/cli/report.js';
import '../../src/cli/runs.js';
import '../../src/cli/sweep.js';
import '../../src/cli/sweep-progress.js';
import '../../src/cli/sweep-request.js';
import '../../src/cli/tune.js';
import '../../src/sweeps/index.js';
import '../../src/training/index.js';

/**
 * `runBin` within this process, which takes a tenth of the time: for what does not depend on the process. Without progress, as
 * with `--quiet`. One at a time: folder and environment are those of the process while it runs.
 */
export async function runHere(
  args: readonly string[],
  { cwd = projectRoot, env = {} }: Pick<BinOptions, 'cwd' | 'env'> = {},
): Promise<BinResult> {
  const [folder, environment] = [process.cwd(), { ...process.env }];
  process.chdir(cwd);
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  try {
    const { exitCode, ...said } = await runCommandLine([...args, '--quiet']);
    return { code: exitCode, signal: null, ...said };
  } finally {
    process.chdir(folder);
    process.env = environment;
  }
}
