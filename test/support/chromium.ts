import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const chromiumMissing = 'there is no Chromium (install it, or name its program in MVREC_CHROMIUM)';

/** The program of a Chromium that answers; null where there is none. */
export function findChromium(): string | null {
  const own = process.env.MVREC_CHROMIUM;
  const names = own ? [own] : ['chromium', 'chromium-browser', 'google-chrome'];
  return names.find(answers) ?? null;
}

function answers(program: string): boolean {
  try {
    return /chrom/i.test(
      execFileSync(program, ['--version'], { encoding: 'utf8', stdio: 'pipe', timeout: 20_000 }),
    );
  } catch {
    return false;
  }
}

export interface Seen {
  /** What the page became. */
  readonly dom: string;
  /** Lines that pages wrote to the console, among them whatever was forbidden or failed. */
  readonly console: readonly string[];
}

/** Opens a file without a network; files that it embeds may be looked into. */
export function openInChromium(program: string, file: string, flags: readonly string[]): Seen {
  const profile = mkdtempSync(join(tmpdir(), 'mvrec-chromium-'));
  const log = join(profile, 'log.txt');
  const always = [
    '--headless',
    '--no-sandbox', // root may not have one
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--hide-scrollbars',
    '--no-first-run',
    '--allow-file-access-from-files',
    `--user-data-dir=${profile}`,
    '--host-resolver-rules=MAP * ~NOTFOUND',
    '--enable-logging=stderr',
    '--virtual-time-budget=5000',
  ];
  try {
    const dom = execFileSync(
      'sh',
      ['-c', 'log=$1; shift; "$@" 2>"$log"', 'sh', log, program, ...always, ...flags, `file://${file}`],
      {
        encoding: 'utf8',
        timeout: 120_000,
        maxBuffer: 2 ** 28,
      },
    );
    const said = readFileSync(log, 'utf8');
    return { dom, console: said.split('\n').filter((line) => line.includes('CONSOLE')) };
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
