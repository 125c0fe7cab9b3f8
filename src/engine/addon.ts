import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../base/index.js';
import { addonPackage, addonVersion, ownPackage } from './installation.js';
import { findProgram, ProgramFailed, runProgram } from './tools.js';

const integrity =
  'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==';

/**
 * The addon package's JavaScript and C++: from `node_modules`, else, since npm leaves it out where its install script
 * fails, with npm, checked against its published hash.
 *
 * @throws UserError when npm is missing, cannot download it, or brings something else
 */
export async function fetchAddon(into: string, say: (line: string) => void): Promise<void> {
  const present = ownPackage();
  if (present) {
    for (const part of ['package.json', 'binding', 'dist']) {
      await cp(join(present, part), join(into, part), { recursive: true });
    }
  } else {
    await downloadAddon(into, say);
  }
  // Its messages for TensorBoard, which we write ourselves, are the one file that needs another package.
  await writeFile(join(into, 'dist', 'proto', 'api_pb.js'), '');
}

async function downloadAddon(into: string, say: (line: string) => void): Promise<void> {
  const npm = findProgram('npm');
  if (!npm) {
    throw new UserError(`there is no npm to fetch ${addonPackage} with`, 'Put npm into the search path.');
  }
  say(`Fetching ${addonPackage} ${addonVersion} with npm`);
  const wanted = `${addonPackage}@${addonVersion}`;
  try {
    await runProgram(npm, ['pack', wanted, '--ignore-scripts', '--loglevel=error'], { cwd: into });
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    throw new UserError(
      `npm cannot download ${wanted}: ${error.line('first')}`,
      "Check the network and npm's own settings (registry, proxy) and run the command again.",
    );
  }
  const archive = `tensorflow-tfjs-node-gpu-${addonVersion}.tgz`;
  const hash = createHash('sha512').update(await readFile(join(into, archive)));
  if (`sha512-${hash.digest('base64')}` !== integrity) {
    throw new UserError(
      `what npm downloaded as ${wanted} is not what was published`,
      "Check npm's registry setting and run the command again.",
    );
  }
  await runProgram('tar', ['-xzf', archive, '--strip-components=1'], { cwd: into });
  await rm(join(into, archive));
}
