import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { AuditRecord, Provenance } from './layout.js';

export interface ProvenanceInput {
  readonly engine: Provenance['engine'] & { readonly version: string };
  readonly data: Provenance['data'];
  readonly audit?: AuditRecord;
  readonly candidates?: Provenance['candidates'];
  readonly seed: number;
  /** Words of the command line, without the program. */
  readonly command: readonly string[];
}

/** Records what a run is made of. `git` looks at the tree that contains `folder`. */
export async function collectProvenance(
  { engine: { version, ...engine }, data, audit, candidates, seed, command }: ProvenanceInput,
  folder = process.cwd(),
): Promise<Provenance> {
  const { name, fingerprint, caveat } = data;
  return {
    git: await gitState(folder),
    versions: { mvrec: await mvrecVersion(), node: process.versions.node, engine: version },
    platform: `${process.platform}-${process.arch}`,
    engine,
    data: { name, fingerprint, caveat },
    ...(audit && { audit }),
    ...(candidates !== undefined && { candidates }),
    seed,
    command: ['mvrec', ...command],
  };
}

export async function mvrecVersion(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Null where there is no git, no tree or no commit yet. */
async function gitState(folder: string): Promise<Provenance['git']> {
  const git = async (...words: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('git', ['-C', folder, ...words], { timeout: 10_000 });
    return stdout.trim();
  };
  try {
    return {
      commit: await git('rev-parse', '--verify', 'HEAD'),
      dirty: (await git('status', '--porcelain')) !== '',
    };
  } catch {
    return null;
  }
}
