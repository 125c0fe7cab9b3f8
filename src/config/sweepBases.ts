import { dirname, relative, resolve } from 'node:path';
import { didYouMean, UserError } from '../base/index.js';
import { mistake, type Tree, toValue } from '../schema/index.js';
import { fileLayers } from './load.js';
import { withoutBase } from './sweepAxes.js';

/** Files of experiments, each read once. A file may name bases of its own, which lie beneath it. */
export class Bases {
  private readonly read = new Map<string, Promise<Tree | UserError>>();

  constructor(
    private readonly folder: string,
    private readonly cwd: string,
    private readonly common: Tree | null,
    private readonly data: { readonly names: readonly string[]; readonly chosen: string | null },
  ) {}

  /** The layers of a base, or of that of the sweep; null, and a problem, where a file cannot be read. */
  of(own: Tree | null, problems: UserError[]): Promise<Tree[] | null> {
    return this.layersOf(own ?? this.common, [], problems);
  }

  /** @param within files whose bases these are, the innermost last */
  private async layersOf(
    base: Tree | null,
    within: readonly string[],
    problems: UserError[],
  ): Promise<Tree[] | null> {
    const named = this.ofData(base, problems);
    const items = named === null ? [] : named.kind === 'list' ? named.items : [named];
    const folder = within.length === 0 ? this.folder : dirname(resolve(this.cwd, within.at(-1)!));
    const layers: Tree[] = [];
    for (const item of items) {
      const file = this.file(item, folder);
      const found = await this.treeOf(file, item, within);
      if (found instanceof UserError) {
        problems.push(found);
        return null;
      }
      const { base: beneath, rest } = found.kind === 'map' ? withoutBase(found) : { base: null, rest: found };
      const lower = await this.layersOf(beneath, [...within, file], problems);
      if (lower === null) return null;
      layers.push(...lower, rest);
    }
    return layers;
  }

  private treeOf(file: string, item: Tree, within: readonly string[]): Promise<Tree | UserError> | UserError {
    if (within.includes(file)) {
      return mistake(
        item.origin,
        `${file} is a base of itself`,
        'Name another file, or leave this base out.',
      );
    }
    const found = this.read.get(file) ?? this.readFile(file, item);
    this.read.set(file, found);
    return found;
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

  private file(item: Tree, folder: string): string {
    const path = resolve(folder, String(toValue(item)));
    return relative(this.cwd, path) || path;
  }

  private async readFile(file: string, item: Tree): Promise<Tree | UserError> {
    try {
      const [tree] = await fileLayers([file], this.cwd);
      return tree!;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      // What stands in the file has a place there; what is wrong with its name is wrong here.
      return error.place.line === undefined ? mistake(item.origin, error.problem, error.fix) : error;
    }
  }
}
