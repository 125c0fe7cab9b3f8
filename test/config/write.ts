import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type LoadedExperiment, type LoadRequest, loadExperiment } from '../../src/config/index.js';
import { temporaryFolder } from '../support/index.js';

/** A fresh folder with the given files. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Loads files by name, in the order given, with nothing from the surroundings. */
export function load(
  files: Readonly<Record<string, string>>,
  request: Partial<LoadRequest> = {},
): Promise<LoadedExperiment> {
  const names = Object.keys(files).filter((name) => !/mvrec\.config|package\.json/.test(name));
  return loadExperiment({ files: names, env: {}, cwd: folderWith(files), ...request });
}

export const smallest = 'data:\n  source: { world: quickstart }\nmodel:\n  name: thacil\n';
