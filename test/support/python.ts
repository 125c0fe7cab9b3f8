import { execFileSync } from 'node:child_process';

const command = process.env.MVREC_TEST_PYTHON ?? 'python3';

/** A Python that has the given modules, for `describeIf(python.exists, python.reason)`. */
export function python(...modules: readonly string[]): {
  exists: boolean;
  reason: string;
  /** Standard output of a program; its arguments are `sys.argv[1:]`. */
  run: (program: string, ...args: readonly string[]) => string;
} {
  const run = (program: string, ...args: readonly string[]): string =>
    execFileSync(command, ['-c', program, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  let exists = true;
  try {
    // Found without importing them, which takes seconds for some.
    run('import importlib.util, sys; assert all(map(importlib.util.find_spec, sys.argv[1:]))', ...modules);
  } catch {
    exists = false;
  }
  return {
    exists,
    reason: `${command} with ${modules.join(', ')} is not here (set MVREC_TEST_PYTHON to one)`,
    run,
  };
}
