import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  activeId,
  damageOf,
  engineFolder,
  type Manifest,
  ownInstallation,
  readManifest,
} from './installation.js';
import { kernelsState } from './kernels.js';

/** What is in the cache, for people who wonder which TensorFlow is used or what takes the space. */
export interface EngineStatus {
  /** Folder of all installations. */
  readonly folder: string;
  readonly installations: readonly {
    readonly id: string;
    readonly active: boolean;
    /** What is wrong with it or that it is unfinished, in words; null: nothing. */
    readonly damage: string | null;
    readonly manifest: Manifest | null;
  }[];
  /** Folder of the addon package where its own installer succeeded; used when nothing is in the cache. */
  readonly ownPackage: string | null;
  /** The kernels, which all installations share. */
  readonly kernels: ReturnType<typeof kernelsState>;
}

export function engineStatus(): EngineStatus {
  const folder = engineFolder();
  const active = activeId();
  const ids = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  return {
    folder,
    installations: ids
      .filter((entry) => entry.isDirectory())
      .map(({ name: id }) => {
        const at = join(folder, id);
        return { id, active: id === active, damage: damageOf(at), manifest: readManifest(at) };
      }),
    ownPackage: ownInstallation()?.folder ?? null,
    kernels: kernelsState(),
  };
}
