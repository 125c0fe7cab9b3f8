import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder that this system keeps for what mvrec can make again. */
export function systemCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'mvrec');
  switch (process.platform) {
    case 'darwin':
      return join(homedir(), 'Library', 'Caches', 'mvrec');
    case 'win32':
      return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'mvrec', 'Cache');
    default:
      return join(homedir(), '.cache', 'mvrec');
  }
}
