import { relative, resolve } from 'node:path';
import { didYouMean, UserError } from '../base/index.js';
import { mistake, type Tree, toValue } from '../schema/index.js';
import { fileLayers } from './load.js';

/** Files of experiments, each read once. */
export class Bases {
  private readonly read = new Map<string, Promise<Tree[] | UserError>>();

  constructor(
    private readonly folder: string,
    private readonly cwd: string,
    private readonly common: Tree | null,
    private readonly data: { readonly names: readonly string[]; readonly chosen: string | null },
  ) {}

  /** The layers of a base, or of that of the sweep; null, and a problem, where a file cannot be read. */
  async of(own: Tree | null, problems: UserError[]): Promise<Tree[] | null> {
    const named = this.ofData(own ?? this.common, problems);
    const items = named === null ? [] : named.kind === 'list' ? named.items : [named];
    const layers: Tree[] = [];
    for (const item of items) {
      const file = this.file(item);
      const found = this.read.get(file) ?? this.readFile(file, item);
      this.read.set(file, found);
      const trees = await found;
      if (trees instanceof UserError) {
        problems.push(trees);
        return null;
      }
      layers.push(...trees);
    }
    return layers;
  }

  /** Where files are named by data, those of the chosen data, or else the first. */
  private ofData(base: Tree | null, problems: UserError[]): Tree | null {
    if (base?.kind !== 'map') return base;
    const { names, chosen } = this.data;
    for (const [name, { key }] of base.entries) {
      if (names.includes(name)) continue;
      const fix = names.length > 0 ? didYouMean(name, names, 'There are') : 'The file has no section on.';
      problems.push(mistake(key, `base names the data ${name}, which the sweep does not have`, fix));
    }
    const files = (chosen !== null && base.entries.get(chosen)) || [...base.entries.values()][0];
    return files?.tree ?? null;
  }

  private file(item: Tree): string {
    const path = resolve(this.folder, String(toValue(item)));
    return relative(this.cwd, path) || path;
  }

  private async readFile(file: string, item: Tree): Promise<Tree[] | UserError> {
    try {
      return await fileLayers([file], this.cwd);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // What stands in the file has a place there; what is wrong with its name is wrong here.
      return error.place.line === undefined ? mistake(item.origin, error.problem, error.fix) : error;
    }
  }
}
