import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

const made: string[] = [];
process.once('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A fresh empty folder that is deleted when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mvrec-test-'));
  made.push(folder);
  return folder;
}

/** Real logs that may not be redistributed; see docs/testing.md. */
const sharedFolder = resolve(process.env.MVREC_SHARED_DATA ?? join(projectRoot, '..', 'shared', 'data'));

/** Path of a shared data set, and whether it is here: for `describeIf(data.exists, data.reason)`. */
export function sharedData(...parts: readonly string[]): { path: string; exists: boolean; reason: string } {
  const path = join(sharedFolder, ...parts);
  return {
    path,
    exists: existsSync(path),
    reason: `the shared data ${parts.join('/')} is not here (set MVREC_SHARED_DATA to its folder)`,
  };
}
